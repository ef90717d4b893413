// What a store and its verbs may be asked for, and what callbacks get: the words of the npm package `etcdjs`.

import type { EtcdjsError } from './etcdjs-error.ts'
import type { HostOptions } from './hosts.ts'

/** Options of a store. */
export interface EtcdjsOptions extends HostOptions {
  /** Take over the list of machines from the cluster every 30 seconds. Default: false; with a discovery URL true. */
  readonly refresh?: boolean | undefined
  /** Milliseconds a request may take. Default: 60,000. */
  readonly timeout?: number | undefined
  /** All values are JSON: stringified when written, also in conditions, and parsed when read. Default: false, texts. */
  readonly json?: boolean | undefined
}

/** Options of `get`. */
export interface EtcdjsGetOptions {
  /** With everything below a directory. Default: false. */
  readonly recursive?: boolean | undefined
  /** Children by key. Default: false. */
  readonly sorted?: boolean | undefined
  /** Through the leader, so that nothing older is read than was written before. Default: false. */
  readonly consistent?: boolean | undefined
  /** Parse values as JSON. Default: the store's. */
  readonly json?: boolean | undefined
  /** Wait for the next change. Default: false. */
  readonly wait?: boolean | undefined
  /** Wait for the first change from this index on. */
  readonly waitIndex?: number | string | undefined
}

/** What must be there for a write or a delete. */
export interface EtcdjsCondition {
  /** Whether the key must exist. */
  readonly prevExist?: boolean | undefined
  /** The value that must be there. */
  readonly prevValue?: unknown
  /** The `modifiedIndex` that it must have. */
  readonly prevIndex?: number | string | undefined
}

/** Options of `push`. */
export interface EtcdjsPushOptions {
  /** Seconds until the key is removed. Default: never. */
  readonly ttl?: number | string | null | undefined
}

/** Options of `set`. */
export interface EtcdjsSetOptions extends EtcdjsCondition, EtcdjsPushOptions {
  /** Make a directory. Default: false. */
  readonly dir?: boolean | undefined
  /** Stringify the value as JSON. Default: the store's. */
  readonly json?: boolean | undefined
}

/** Options of `del`. */
export interface EtcdjsDeleteOptions extends EtcdjsCondition {
  /** A directory with everything in it. Default: false. */
  readonly recursive?: boolean | undefined
  /** An empty directory. Default: false. */
  readonly dir?: boolean | undefined
}

/** A node as etcd tells it. */
export interface EtcdjsNode<V = string> {
  /** The root has none. */
  readonly key?: string
  /** Directories and deleted keys have none. */
  readonly value?: V
  readonly dir?: boolean
  readonly nodes?: EtcdjsNode<V>[]
  /** Seconds left. */
  readonly ttl?: number
  readonly expiration?: string
  readonly modifiedIndex?: number
  readonly createdIndex?: number
}

/** An answer as etcd tells it. */
export interface EtcdjsResult<V = string> {
  readonly action: string
  readonly node: EtcdjsNode<V>
  readonly prevNode?: EtcdjsNode<string>
}

/** The answer to `push`. */
export interface EtcdjsPushResult<V = string> extends EtcdjsResult<V> {
  /** The key that was made, as `node.key`. */
  readonly key: string
}

/** Called once, with an error or the result. */
export type EtcdjsCallback<R> = (error: EtcdjsError | null, result?: R) => void

/** Waits for the change after the one that was told. The answer ends that wait. */
export type EtcdjsNext<V = string> = (callback: EtcdjsWaitCallback<V>) => EtcdjsDestroy

/** Called with a change, and with what waits for the one after it; or with an error, and with what waits again. */
export type EtcdjsWaitCallback<V = string> = (
  error: EtcdjsError | null,
  result: EtcdjsResult<V> | undefined | null,
  next: EtcdjsNext<V>,
) => void

/** Ends a request: its callback is not called any more. */
export type EtcdjsDestroy = () => void
