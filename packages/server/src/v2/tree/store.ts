// The v2 store: operations on the tree, each with its event, its index and its count. Pure: the clock is handed in.

import { V2Error, type V2ErrorCode } from './error.ts'
import { type Action, type NodeView, type V2Event, viewOf } from './event.ts'
import type { WatchScope } from './history.ts'
import type { NodeContent, TreeNode } from './node.ts'
import { type Counter, StoreStats } from './stats.ts'
import { Tree } from './tree.ts'
import { WatchHub } from './watch-hub.ts'
import type { Watcher } from './watcher.ts'

/** What a write leaves in a node. */
export interface Content {
  /** Of a file. `undefined` makes a directory, where one is made. */
  readonly value?: string | undefined
  /** Milliseconds since 1970; `undefined` for no end. */
  readonly expiresAtMs?: number | undefined
  /** Whether to keep the value, and tell no watch. */
  readonly isRefresh?: boolean | undefined
}

/** What a node has to be for a conditional write. */
export interface Condition {
  /** `''` for any. */
  readonly prevValue: string
  /** 0 for any. */
  readonly prevIndex: bigint
}

/** What a get tells. */
export interface GetOptions {
  readonly recursive: boolean
  readonly sorted: boolean
}

/** What a delete takes. */
export interface DeleteOptions {
  /** Directories too. */
  readonly dir: boolean
  /** Directories with what is in them. */
  readonly recursive: boolean
}

type Operation =
  | 'gets'
  | 'sets'
  | 'create'
  | 'update'
  | 'delete'
  | 'compareAndSwap'
  | 'compareAndDelete'

/** Refusals that etcd counts as successes: it looks at a variable that they do not go through. */
const countedAsSuccess: Readonly<Partial<Record<Operation, readonly V2ErrorCode[]>>> = {
  update: [102, 107],
  delete: [107],
  compareAndSwap: [107],
  compareAndDelete: [101, 102],
}

/** 2000-01-01: an end before that is none. Source: etcd `v2store/store.go`, minExpireTime. */
const earliestMs = 946_684_800_000

/**
 * The store. Every write takes the next index; one that fails takes none.
 * Source: etcd `server/etcdserver/api/v2store/store.go`.
 */
export class V2Store {
  readonly #tree = new Tree()
  readonly #hub = new WatchHub()
  readonly #stats = new StoreStats()
  /** Milliseconds since 1970. */
  readonly #nowMs: () => number
  #index = 0

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** The index of the last write. */
  get index(): number {
    return this.#index
  }

  /** Milliseconds since 1970, as the store sees it. */
  get nowMs(): number {
    return this.#nowMs()
  }

  /** Whether anything has a time to live. */
  get hasExpiring(): boolean {
    return this.#tree.expiring.size > 0
  }

  /** The counts of `/v2/stats/store`. */
  get counts(): Readonly<Record<Counter | 'watchers', number>> {
    return { ...this.#stats.counts, watchers: this.#hub.count }
  }

  get(path: string, { recursive, sorted }: GetOptions): V2Event {
    return this.#counting('gets', () => {
      const node = this.#find(path)
      const children = recursive ? 'all' : 'direct'
      return { action: 'get', node: viewOf(node, { nowMs: this.#nowMs(), children, sorted }) }
    })
  }

  /** Makes a node, its directories too. Throws `V2Error` 105 if there is one. */
  create(path: string, content: Content): V2Event {
    return this.#counting('create', () => {
      this.#assertWritable(path)
      const parent = this.#makeParent(path)
      if (parent.children?.has(nameOf(path))) throw this.#refusal(105, path)
      return this.#publish(this.#add('create', path, content))
    })
  }

  /** Makes a node whose name is the next index, so that those in a directory are in the order of their making. */
  createInOrder(directory: string, content: Content): V2Event {
    return this.create(`${directory}/${String(this.#index + 1).padStart(20, '0')}`, content)
  }

  /** Makes a node, or puts a new one in the place of a file. */
  set(path: string, content: Content): V2Event {
    return this.#counting('sets', () => {
      const before = content.isRefresh ? this.#find(path) : this.#findIfAny(path)
      this.#assertWritable(path)
      if (before?.isDirectory) throw this.#refusal(102, path)
      const prevNode = before && this.#view(before)
      if (before === undefined) this.#makeParent(path)
      else this.#tree.remove(before, () => {})
      const event = this.#add('set', path, kept(content, before))
      return this.#publish({ ...event, prevNode, isRefresh: content.isRefresh })
    })
  }

  /** Changes value and time to live of a file, or the latter of a directory. */
  update(path: string, content: Content): V2Event {
    return this.#counting('update', () => {
      this.#assertWritable(path)
      const node = this.#find(path)
      if (node.isDirectory && content.value !== '') throw this.#refusal(102, path)
      return this.#overwrite('update', node, content)
    })
  }

  /** Changes a file that is as `condition` says. */
  compareAndSwap(path: string, condition: Condition, content: Content): V2Event {
    return this.#counting('compareAndSwap', () => {
      this.#assertWritable(path)
      const node = this.#find(path)
      if (node.isDirectory) throw this.#refusal(102, path)
      this.#assertMet(node, condition)
      return this.#overwrite('compareAndSwap', node, content)
    })
  }

  delete(path: string, { dir, recursive }: DeleteOptions): V2Event {
    return this.#counting('delete', () => {
      this.#assertWritable(path)
      const node = this.#find(path)
      if (node.children !== undefined) {
        if (!dir && !recursive) throw this.#refusal(102, path)
        if (node.children.size > 0 && !recursive) throw this.#refusal(108, path)
      }
      return this.#remove('delete', node)
    })
  }

  /** Deletes a file that is as `condition` says. */
  compareAndDelete(path: string, condition: Condition): V2Event {
    return this.#counting('compareAndDelete', () => {
      const node = this.#find(path)
      if (node.isDirectory) throw this.#refusal(102, path)
      this.#assertMet(node, condition)
      return this.#remove('compareAndDelete', node)
    })
  }

  /** Begins a watch from an index on; from 0: of what comes next. Throws `V2Error` 401 when the past is gone that far. */
  watch(scope: WatchScope & { readonly isStream: boolean }, sinceIndex: number): Watcher {
    const since = sinceIndex === 0 ? this.#index + 1 : sinceIndex
    try {
      return this.#hub.watch({ ...scope, since }, this.#index)
    } catch (error) {
      throw error instanceof V2Error ? this.#refusal(error.code, error.message) : error
    }
  }

  /** Removes all whose time is over, the earliest first, an index each. */
  expire(): void {
    const nowMs = this.#nowMs()
    for (;;) {
      const node = this.#tree.expiring.first
      if (node?.expiresAtMs === undefined || node.expiresAtMs > nowMs) return
      this.#stats.increase('expireCount')
      this.#remove('expire', node)
    }
  }

  /** Ends every watch. */
  close(): void {
    this.#hub.close()
  }

  #counting<T>(name: Operation, run: () => T): T {
    try {
      const result = run()
      this.#stats.increase(`${name}Success`)
      return result
    } catch (error) {
      const isSuccess = error instanceof V2Error && countedAsSuccess[name]?.includes(error.code)
      this.#stats.increase(`${name}${isSuccess ? 'Success' : 'Fail'}`)
      throw error
    }
  }

  #find(path: string): TreeNode {
    return this.#tree.find(path, this.#index)
  }

  #findIfAny(path: string): TreeNode | undefined {
    try {
      return this.#find(path)
    } catch (error) {
      if (error instanceof V2Error && error.code === 100) return undefined
      throw error
    }
  }

  #makeParent(path: string): TreeNode {
    try {
      return this.#tree.makeParent(path, this.#index)
    } catch (error) {
      this.#stats.increase('setsFail')
      throw error
    }
  }

  #add(action: Action, path: string, { value, expiresAtMs = 0 }: Content): V2Event {
    const index = this.#index + 1
    const content: NodeContent = {
      index,
      value,
      expiresAtMs: expiresAtMs < earliestMs ? undefined : expiresAtMs,
    }
    return { action, node: this.#view(this.#tree.add(path, content)) }
  }

  #overwrite(action: Action, node: TreeNode, content: Content): V2Event {
    const prevNode = this.#view(node)
    const index = this.#index + 1
    // etcd up to 3.4 tells a new index of a directory, but keeps the old; 3.5 fails at it.
    if (!node.isDirectory) {
      node.value = kept(content, node).value ?? ''
      node.modifiedIndex = index
    }
    this.#tree.setExpiry(node, content.expiresAtMs)
    const view = { ...this.#view(node), modifiedIndex: index }
    return this.#publish({ action, node: view, prevNode, isRefresh: content.isRefresh })
  }

  #remove(action: Action, node: TreeNode): V2Event {
    const { path: key, createdIndex } = node
    const prevNode = this.#view(node)
    const dir = node.isDirectory ? true : undefined
    const view: NodeView = { key, dir, modifiedIndex: this.#index + 1, createdIndex }
    const event: V2Event = { action, node: view, prevNode }
    this.#tree.remove(node, (path) => this.#hub.publishRemoval(event, path))
    return this.#publish(event)
  }

  #publish(event: V2Event): V2Event {
    this.#index = event.node.modifiedIndex
    this.#hub.publish(event)
    return event
  }

  #view(node: TreeNode): NodeView {
    return viewOf(node, { nowMs: this.#nowMs() })
  }

  #assertWritable(path: string): void {
    if (this.#tree.isReadOnly(path)) throw this.#refusal(107, '/')
  }

  #assertMet(node: TreeNode, { prevValue, prevIndex }: Condition): void {
    const isValue = prevValue === '' || prevValue === node.value
    const isIndex = prevIndex === 0n || prevIndex === BigInt(node.modifiedIndex)
    if (isValue && isIndex) return
    const facts = [
      ...(isValue ? [] : [`[${prevValue} != ${node.value}]`]),
      ...(isIndex ? [] : [`[${prevIndex} != ${node.modifiedIndex}]`]),
    ]
    throw this.#refusal(101, facts.join(' '))
  }

  #refusal(code: V2ErrorCode, cause: string): V2Error {
    return new V2Error(code, cause, this.#index)
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** What is written: of a file that is refreshed, the value it has. */
function kept(content: Content, node: TreeNode | undefined): Content {
  const keeps = content.isRefresh && content.value !== undefined
  return keeps ? { ...content, value: node?.value } : content
}
