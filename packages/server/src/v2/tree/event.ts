// What is told of nodes: a node at one moment, and an event, which is both the answer to a request and what watchers get.
// Keys and values are text with a code unit for each byte, as in the store of v3.

import type { TreeNode } from './node.ts'

/** The actions, as etcd names them. */
export type Action =
  | 'get'
  | 'set'
  | 'create'
  | 'update'
  | 'compareAndSwap'
  | 'compareAndDelete'
  | 'delete'
  | 'expire'

/** A node as it was at one moment. */
export interface NodeView {
  /** The path in the tree, clients' keys below `/1`. */
  readonly key: string
  readonly value?: string | undefined
  readonly dir?: boolean | undefined
  /** Milliseconds since 1970. */
  readonly expiresAtMs?: number | undefined
  /** Whole seconds left, rounded up. */
  readonly ttlSeconds?: number | undefined
  readonly nodes?: readonly NodeView[] | undefined
  readonly modifiedIndex: number
  readonly createdIndex: number
}

/** Something that happened, or was looked at. */
export interface V2Event {
  readonly action: Action
  readonly node: NodeView
  readonly prevNode?: NodeView | undefined
  /** A refresh is told to nobody but who asked for it. */
  readonly isRefresh?: boolean | undefined
}

/** How much of a directory is told. */
export interface ViewOptions {
  readonly nowMs: number
  /** Levels of children: none, those of the directory itself, or all. Default: none. */
  readonly children?: 'none' | 'direct' | 'all'
  /** By key, in the order of its bytes. Default: false. */
  readonly sorted?: boolean
}

/** What is told of a node. */
export function viewOf(node: TreeNode, options: ViewOptions): NodeView {
  const { path: key, modifiedIndex, createdIndex } = node
  const indices = { modifiedIndex, createdIndex }
  const expiry = expiryOf(node, options.nowMs)
  if (node.children === undefined) return { key, value: node.value, ...expiry, ...indices }
  const { children = 'none' } = options
  if (children === 'none') return { key, dir: true, ...expiry, ...indices }
  const inner: ViewOptions = { ...options, children: children === 'all' ? 'all' : 'none' }
  const nodes = [...node.children.values()]
    .filter((child) => !child.isHidden)
    .map((child) => viewOf(child, inner))
  if (options.sorted) nodes.sort((one, other) => (one.key < other.key ? -1 : 1))
  return { key, dir: true, ...expiry, nodes, ...indices }
}

/** When a node ends, and how many seconds that is from now: rounded up, and towards zero once it is past. */
function expiryOf(
  { expiresAtMs }: Pick<TreeNode, 'expiresAtMs'>,
  nowMs: number,
): Pick<NodeView, 'expiresAtMs' | 'ttlSeconds'> {
  if (expiresAtMs === undefined) return {}
  const seconds = (expiresAtMs - nowMs) / 1000
  return { expiresAtMs, ttlSeconds: seconds > 0 ? Math.ceil(seconds) : Math.trunc(seconds) }
}

/** Whether a watch of `watched` is not told of `key`, because something below it on the way is hidden. */
export function isHiddenFrom(watched: string, key: string): boolean {
  // Who watches below a directory that is deleted is told, whatever the names.
  return watched.length <= key.length && key.slice(watched.length).includes('/_')
}
