// A place in the tree: a file with a value, or a directory with children.

/** A file or a directory. */
export class TreeNode {
  readonly path: string
  readonly parent: TreeNode | undefined
  readonly createdIndex: number
  modifiedIndex: number
  /** Milliseconds since 1970, fractions too; `undefined` for one that stays. */
  expiresAtMs: number | undefined
  /** Of a file; empty for a directory. */
  value: string
  /** Of a directory, by name. */
  readonly children: Map<string, TreeNode> | undefined

  constructor(path: string, parent: TreeNode | undefined, content: NodeContent) {
    this.path = path
    this.parent = parent
    this.createdIndex = content.index
    this.modifiedIndex = content.index
    this.expiresAtMs = content.expiresAtMs
    this.value = content.value ?? ''
    this.children = content.value === undefined ? new Map() : undefined
  }

  get name(): string {
    return this.path.slice(this.path.lastIndexOf('/') + 1)
  }

  get isDirectory(): boolean {
    return this.children !== undefined
  }

  /** Whether lists leave it out. */
  get isHidden(): boolean {
    return this.name.startsWith('_')
  }
}

/** What a new node is made of. */
export interface NodeContent {
  /** The index of its creation. */
  readonly index: number
  /** `undefined` makes it a directory. */
  readonly value: string | undefined
  readonly expiresAtMs?: number | undefined
}
