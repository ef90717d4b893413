// The nodes themselves: finding, adding and removing them. Knows nothing of requests, events and watches.

import { V2Error } from './error.ts'
import { TreeNode } from './node.ts'
import { TtlQueue } from './ttl-queue.ts'

/** Top directories, which clients do not see: of the cluster, of clients' keys, of users and roles. */
const topDirectories = ['/0', '/1'] as const

/** All nodes. Paths begin with a slash, and have no empty parts. */
export class Tree {
  readonly #root = new TreeNode('/', undefined, { index: 0, value: undefined })
  /** Nodes with a time to live. */
  readonly expiring: TtlQueue = new TtlQueue()

  constructor() {
    for (const path of topDirectories) this.add(path, { index: 0, value: undefined })
  }

  /** Whether nothing may change the node itself. */
  isReadOnly(path: string): boolean {
    return path === '/' || topDirectories.some((top) => top === path)
  }

  /** The node. Throws `V2Error` 100 at the first part that is missing, 104 at a file on the way. */
  find(path: string, index: number): TreeNode {
    let node = this.#root
    for (const name of partsOf(path)) {
      if (node.children === undefined) throw new V2Error(104, node.path, index)
      const child = node.children.get(name)
      if (child === undefined) throw new V2Error(100, join(node, name), index)
      node = child
    }
    return node
  }

  /** The directory above a node, made if it is missing. Throws `V2Error` 104 at a file on the way. */
  makeParent(path: string, index: number): TreeNode {
    let node = this.#root
    for (const name of partsOf(path).slice(0, -1)) {
      const child = node.children?.get(name) ?? this.#addTo(node, name, index + 1)
      if (child.children === undefined) throw new V2Error(104, child.path, index)
      node = child
    }
    return node
  }

  /** A new node where there was none. The directory above is there. */
  add(path: string, content: ConstructorParameters<typeof TreeNode>[2]): TreeNode {
    const parent = this.find(path.slice(0, path.lastIndexOf('/')), 0)
    const node = new TreeNode(path, parent, content)
    parent.children?.set(node.name, node)
    this.expiring.place(node)
    return node
  }

  /** Removes a node and all below it, and says each path, the deepest first. */
  remove(node: TreeNode, removed: (path: string) => void): void {
    for (const child of [...(node.children?.values() ?? [])]) this.remove(child, removed)
    const siblings = node.parent?.children
    if (siblings?.get(node.name) === node) siblings.delete(node.name)
    this.expiring.delete(node)
    removed(node.path)
  }

  /** Gives a node another time to live, or none. */
  setExpiry(node: TreeNode, expiresAtMs: number | undefined): void {
    node.expiresAtMs = expiresAtMs
    this.expiring.place(node)
  }

  #addTo(parent: TreeNode, name: string, index: number): TreeNode {
    const child = new TreeNode(join(parent, name), parent, { index, value: undefined })
    parent.children?.set(name, child)
    return child
  }
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '')
}

function join(parent: TreeNode, name: string): string {
  return parent.path === '/' ? `/${name}` : `${parent.path}/${name}`
}
