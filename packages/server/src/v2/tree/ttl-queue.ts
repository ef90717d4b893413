// Nodes with a time to live, the next to end first.

// A CommonJS module: what Node imports of it is the whole module.
import sortedBtree from 'sorted-btree'
import type { TreeNode } from './node.ts'

const BTree = sortedBtree.default

interface Due {
  readonly atMs: number
  /** Of two at one moment, the one that was given it first. */
  readonly order: number
}

/** Nodes by when they end. */
export class TtlQueue {
  readonly #nodes = new BTree<Due, TreeNode>(
    undefined,
    (one, other) => one.atMs - other.atMs || one.order - other.order,
  )
  readonly #dues = new Map<TreeNode, Due>()
  #order = 0

  get size(): number {
    return this.#dues.size
  }

  /** The next to end. */
  get first(): TreeNode | undefined {
    const due = this.#nodes.minKey()
    return due === undefined ? undefined : this.#nodes.get(due)
  }

  /** Puts a node where its time to live says, or takes it out if it has none. */
  place(node: TreeNode): void {
    this.delete(node)
    if (node.expiresAtMs === undefined) return
    const due = { atMs: node.expiresAtMs, order: this.#order++ }
    this.#dues.set(node, due)
    this.#nodes.set(due, node)
  }

  delete(node: TreeNode): void {
    const due = this.#dues.get(node)
    if (due === undefined) return
    this.#dues.delete(node)
    this.#nodes.delete(due)
  }
}
