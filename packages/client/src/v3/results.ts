// What the verbs answer, and how it is made of the wire's answers.

import type {
  DeleteRangeResponse,
  KeyValue,
  PutResponse,
  RangeResponse,
  ResponseHeader,
} from '@etcdkit/protocol'
import { Entry, type EntryScope } from './entry.ts'

/** A key was written. */
export interface PutResult<V> {
  /** Revision of the write. */
  readonly revision: number
  /** The key as it was before, if asked for and there was one. */
  readonly previous: Entry<V> | undefined
}

/** Keys were deleted. */
export interface DeleteResult<V> {
  /** How many. */
  readonly deleted: number
  /** Revision of the delete, or the newest if nothing was deleted. */
  readonly revision: number
  /** The keys as they were before, if asked for. */
  readonly previous: readonly Entry<V>[]
}

/** The keys of a range. */
export interface ListResult<V> {
  /** In the order asked for. */
  readonly entries: readonly Entry<V>[]
  /** How many keys are in the range, whatever the limit and the bounds on their revisions. */
  readonly count: number
  /** Whether the limit left keys out. */
  readonly more: boolean
  /** The store's newest revision when it answered; the one read at, unless another was asked for. */
  readonly revision: number
}

/** What came of `putIfAbsent`. */
export type PutIfAbsentResult<V> =
  | { readonly succeeded: true; readonly revision: number }
  | { readonly succeeded: false; readonly revision: number; readonly current: Entry<V> }

/** What came of `putIfPresent`. */
export type PutIfPresentResult<V> =
  | {
      readonly succeeded: true
      readonly revision: number
      /** The key as it was before, if asked for. */
      readonly previous: Entry<V> | undefined
    }
  | { readonly succeeded: false; readonly revision: number }

/** What came of `compareAndSwap`. */
export type CompareAndSwapResult<V> =
  | {
      readonly succeeded: true
      readonly revision: number
      /** The key as it was before, if asked for. */
      readonly previous: Entry<V> | undefined
    }
  | {
      readonly succeeded: false
      readonly revision: number
      /** The key as it is; `undefined` if there is none. */
      readonly current: Entry<V> | undefined
    }

/** The store has forgotten. */
export interface CompactResult {
  /** The store's newest revision. */
  readonly revision: number
}

/** The revision a header tells; 0 without a header, which etcd always sends. */
export function revisionOf(header: ResponseHeader | undefined): number {
  return header === undefined ? 0 : header.revision
}

/** The first key found. */
export function firstEntry<V>(scope: EntryScope<V>, response: RangeResponse): Entry<V> | undefined {
  return optionalEntry(scope, response.kvs[0])
}

export function putResult<V>(
  scope: EntryScope<V>,
  response: PutResponse,
  revision: number,
): PutResult<V> {
  return { revision, previous: optionalEntry(scope, response.prevKv) }
}

export function deleteResult<V>(
  scope: EntryScope<V>,
  response: DeleteRangeResponse,
  revision: number,
): DeleteResult<V> {
  return { deleted: response.deleted, revision, previous: entries(scope, response.prevKvs) }
}

export function listResult<V>(
  scope: EntryScope<V>,
  response: RangeResponse,
  revision: number,
): ListResult<V> {
  const { count, more, kvs } = response
  return { entries: entries(scope, kvs), count, more, revision }
}

function optionalEntry<V>(scope: EntryScope<V>, kv: KeyValue | undefined): Entry<V> | undefined {
  return kv === undefined ? undefined : new Entry(kv, scope)
}

function entries<V>(scope: EntryScope<V>, kvs: readonly KeyValue[]): Entry<V>[] {
  return kvs.map((kv) => new Entry(kv, scope))
}
