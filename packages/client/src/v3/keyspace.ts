// The verbs on keys, over the keys with a prefix (of the client itself: all keys) and values of one codec.

import { KV, type RangeResponse, type Transport } from '@etcdkit/protocol'
import type { Clock } from './clock.ts'
import type { Codec } from './codec.ts'
import type { Comparison } from './compare.ts'
import type { Entry } from './entry.ts'
import { describeTarget, failure, inputFailure } from './failure.ts'
import type { Key, KeyRange } from './key.ts'
import type {
  CountOptions,
  DeleteOptions,
  GetOptions,
  ListKeysOptions,
  ListOptions,
  ListSelection,
  PutOptions,
  ScanOptions,
} from './kv-options.ts'
import { countRequest, deleteRequest, getRequest, listRequest, putRequest } from './kv-requests.ts'
import { grantLease } from './lease/grant.ts'
import { Lease, type LeaseParts } from './lease/lease.ts'
import type { LeaseOptions } from './lease/lease-options.ts'
import { Leases } from './lease/leases.ts'
import { listPieces } from './list-pieces.ts'
import type { Op, Txn } from './op.ts'
import { assertOptions, type ReadOptions, type WriteOptions, writeOptionNames } from './options.ts'
import {
  type CompareAndSwapResult,
  type DeleteResult,
  deleteResult,
  firstEntry,
  type ListResult,
  listResult,
  type PutIfAbsentResult,
  type PutIfPresentResult,
  type PutResult,
  putResult,
  revisionOf,
} from './results.ts'
import { scan } from './scan.ts'
import { keysScope, type Scope } from './scope.ts'
import {
  compareAndSwapResult,
  compareAndSwapTxn,
  type Expected,
  type PutIfAbsentOptions,
  type PutIfPresentOptions,
  putIfAbsentResult,
  putIfAbsentTxn,
  putIfPresentResult,
  putIfPresentTxn,
} from './swap.ts'
import type { TxnResult } from './txn.ts'
import { callTxn, callVerb } from './verb-call.ts'
import { rangeMethod } from './viewing-methods.ts'
import { Watch } from './watch/watch.ts'
import type { Resync } from './watch/watch-event.ts'
import type { WatchHub } from './watch/watch-hub.ts'
import {
  planWatch,
  type ResyncWatchOptions,
  streamOptionsOf,
  type WatchOptions,
} from './watch/watch-options.ts'

/** What the keyspaces of a client share. */
export interface KeyspaceContext {
  readonly transport: Transport
  readonly watches: WatchHub
  readonly leaseParts: LeaseParts
  /** Tells watches, leases and recipes the time. */
  readonly clock: Clock
  /** Milliseconds until a watch must be confirmed, and that what takes several calls may take. */
  readonly timeoutMs: number
}

const txnOptionNames = /* @__PURE__ */ writeOptionNames()

/**
 * The keys that begin with a prefix, seen without it, and their values through a codec. `V` is what is read, `W` what
 * may be written. Bad input rejects with a `TypeError` or `RangeError` before anything is sent.
 *
 * Ranges end where the prefix does: `from(k)` and `everything` stay within. A key that is the prefix itself belongs to
 * the keyspace's ranges, as the empty key; only ranges reach it.
 *
 * @example
 * ```ts
 * import { Etcd, everything, json } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const apps = etcd.keyspace('apps/', json<{ port: number }>())
 * await apps.put('web', { port: 8080 })
 * for await (const entry of apps.scan(everything)) console.log(entry.key, entry.value.port)
 * ```
 */
export class Keyspace<V, W = V> {
  readonly #context: KeyspaceContext
  readonly #transport: Transport
  readonly #scope: Scope<V, W>

  /** @internal */
  constructor(context: KeyspaceContext, scope: Scope<V, W>) {
    this.#context = context
    this.#transport = context.transport
    this.#scope = scope
  }

  /** Writes a key. With `ignoreValue`, `value` is `undefined` and the value that is there stays. */
  put(key: Key, value: W, options?: PutOptions): Promise<PutResult<V>>
  put(
    key: Key,
    value: undefined,
    options: PutOptions & { readonly ignoreValue: true },
  ): Promise<PutResult<V>>
  put(key: Key, value: W | undefined, options?: PutOptions): Promise<PutResult<V>> {
    const scope = this.#scope
    let request: ReturnType<typeof putRequest>
    try {
      request = putRequest(scope, key, value, options)
    } catch (error) {
      return Promise.reject(inputFailure(`put ${describeTarget(key)}`, error))
    }
    return this.#transport.unary(KV.put, request, options).then(
      (response) => putResult(scope, response, revisionOf(response.header)),
      (error) => {
        throw failure(`put ${describeTarget(key)}`, error)
      },
    )
  }

  /** Reads a key; `undefined` if there is none. */
  get(key: Key, options?: GetOptions): Promise<Entry<V> | undefined> {
    const scope = this.#scope
    let request: ReturnType<typeof getRequest>
    try {
      request = getRequest(scope, key, options)
    } catch (error) {
      return Promise.reject(inputFailure(`get ${describeTarget(key)}`, error))
    }
    return this.#transport.unary(rangeMethod, request, options).then(
      (response) => firstEntry(scope, response),
      (error) => {
        throw failure(`get ${describeTarget(key)}`, error)
      },
    )
  }

  /** Deletes a key or a range. */
  delete(target: Key | KeyRange, options?: DeleteOptions): Promise<DeleteResult<V>> {
    return callVerb(this.#transport, KV.deleteRange, {
      action: () => `delete ${describeTarget(target)}`,
      options,
      request: () => deleteRequest(this.#scope, target, options),
      result: (response) => deleteResult(this.#scope, response, revisionOf(response.header)),
    })
  }

  /**
   * Reads a range in one call; where the answer is larger than a message may be, in several, at one revision. All of it
   * is in memory at once: for ranges of any size, see `scan`.
   */
  list(target: Key | KeyRange, options?: ListOptions): Promise<ListResult<V>>
  list(target: Key | KeyRange, options: ListKeysOptions): Promise<ListResult<V | undefined>>
  list(
    target: Key | KeyRange,
    options?: ReadOptions & ListSelection,
  ): Promise<ListResult<V | undefined>> {
    const startedAt = this.#context.clock.now()
    const resultOf = (response: RangeResponse): ListResult<V | undefined> => {
      const scope = options?.keysOnly === true ? keysScope(this.#scope) : this.#scope
      return listResult<V | undefined>(scope, response, revisionOf(response.header))
    }
    const listed = callVerb(this.#transport, rangeMethod, {
      action: () => `list ${describeTarget(target)}`,
      options,
      request: () => listRequest(this.#scope, target, options),
      result: resultOf,
    })
    const input = { scope: this.#scope, target, options: options ?? {}, startedAt }
    return listed.catch((error) => listPieces(this.#context, input, error).then(resultOf))
  }

  /** Counts the keys of a range. */
  count(target: Key | KeyRange, options?: CountOptions): Promise<number> {
    return callVerb(this.#transport, KV.range, {
      action: () => `count ${describeTarget(target)}`,
      options,
      request: () => countRequest(this.#scope, target, options),
      result: (response) => response.count,
    })
  }

  /**
   * Reads a range of any size, by key, all at one revision: that of the first page, unless one is given. What follows the
   * first page comes as a stream where the server has that (etcd 3.8), else in pages; no more than about a page is in
   * memory. Throws `CompactedError` if the revision is compacted while the scan goes on.
   */
  scan(
    target: Key | KeyRange,
    options?: ScanOptions & { readonly keysOnly?: false | undefined },
  ): AsyncGenerator<Entry<V>, void, undefined>
  scan(
    target: Key | KeyRange,
    options: ScanOptions,
  ): AsyncGenerator<Entry<V | undefined>, void, undefined>
  scan(
    target: Key | KeyRange,
    options?: ScanOptions,
  ): AsyncGenerator<Entry<V | undefined>, void, undefined> {
    const entries = options?.keysOnly === true ? keysScope(this.#scope) : this.#scope
    return scan<V | undefined>(this.#transport, this.#scope, entries, target, options)
  }

  /** Writes a key that is not there yet; tells what is there otherwise. */
  putIfAbsent(key: Key, value: W, options?: PutIfAbsentOptions): Promise<PutIfAbsentResult<V>> {
    return this.#swap(
      () => `put ${describeTarget(key)} if absent`,
      () => putIfAbsentTxn(key, value, options),
      putIfAbsentResult<V, W>,
      options,
    )
  }

  /** Writes a key that is there already. */
  putIfPresent(key: Key, value: W, options?: PutIfPresentOptions): Promise<PutIfPresentResult<V>> {
    return this.#swap(
      () => `put ${describeTarget(key)} if present`,
      () => putIfPresentTxn(key, value, options),
      putIfPresentResult<V, W>,
      options,
    )
  }

  /** Writes a key of which everything in `expected` is true; tells what is there otherwise. */
  compareAndSwap(
    key: Key,
    value: W,
    expected: Expected<W>,
    options?: PutIfPresentOptions,
  ): Promise<CompareAndSwapResult<V>> {
    return this.#swap(
      () => `compare and swap ${describeTarget(key)}`,
      () => compareAndSwapTxn(key, value, expected, options),
      compareAndSwapResult<V, W>,
      options,
    )
  }

  /**
   * Does the operations of `then` if all conditions of `if` hold, else those of `else`, all at one revision. The
   * answers are typed from the operations.
   */
  txn<
    const Then extends readonly Op<W>[] = readonly [],
    const Else extends readonly Op<W>[] = readonly [],
  >(
    txn: Txn<readonly Comparison<W>[], Then, Else>,
    options?: WriteOptions,
  ): Promise<TxnResult<V, Then, Else>> {
    const build = (): typeof txn => {
      if (options !== undefined) assertOptions(options, txnOptionNames)
      return txn
    }
    return callTxn(this.#transport, this.#scope, {
      action: () => 'run the transaction',
      build,
      options,
    })
  }

  /**
   * Tells changes of a key or range as they happen. Bad input, too, ends the iteration: nothing is thrown here.
   *
   * @example
   * ```ts
   * import { Etcd, prefix } from 'etcdkit'
   *
   * await using etcd = new Etcd()
   * for await (const event of etcd.watch(prefix('config/'))) console.log(event.type, event.key)
   * ```
   */
  watch(target: Key | KeyRange, options?: WatchOptions): Watch<V>
  watch(target: Key | KeyRange, options: WatchOptions | ResyncWatchOptions): Watch<V, Resync<V>>
  watch(
    target: Key | KeyRange,
    options: WatchOptions | ResyncWatchOptions = {},
  ): Watch<V, Resync<V>> {
    const { watches, timeoutMs } = this.#context
    const scope = this.#scope
    try {
      const plan = planWatch(scope, target, options, timeoutMs)
      return new Watch(watches.open(plan, streamOptionsOf(options)), scope)
    } catch (error) {
      const reason = inputFailure(`watch ${describeTarget(target)}`, error)
      return new Watch(watches.refuse(reason), scope)
    }
  }

  /**
   * Makes a lease and keeps it alive until it is revoked, released or lost. `signal` and `timeoutMs` are about making
   * it: what is made after an abort is revoked.
   *
   * @example
   * ```ts
   * import { Etcd } from 'etcdkit'
   *
   * await using etcd = new Etcd()
   * await using lease = await etcd.lease({ ttlSeconds: 10 })
   * await etcd.put('services/web/1', 'http://10.0.0.1', { lease })
   * ```
   */
  lease(options: LeaseOptions): Promise<Lease> {
    const parts = this.#context.leaseParts
    return grantLease(parts.context, options, (granted) => new Lease(granted, parts))
  }

  /** All leases of the store, by id. */
  get leases(): Leases {
    return new Leases(this.#context.leaseParts)
  }

  /** What its keys begin with, as the server has them. Not to be changed. */
  get prefix(): Uint8Array {
    return this.#scope.prefix
  }

  /** A value as it is stored. Throws `TypeError` if the codec refuses it. */
  encode(value: W): Uint8Array {
    return this.#scope.encode(value)
  }

  /** What a stored value is. Throws what the codec throws. */
  decode(value: Uint8Array): V {
    return this.#scope.codec.decode(value)
  }

  /** Tells watches and leases the time. */
  get clock(): Clock {
    return this.#context.clock
  }

  /** The keys of this keyspace that begin with `prefix`, seen without it. Without a codec, values stay as they are. */
  keyspace(prefix: Key): Keyspace<V, W>
  keyspace<V2, W2>(prefix: Key, codec: Codec<V2, W2>): Keyspace<V2, W2>
  keyspace(prefix: Key, codec?: Codec<unknown, never>): Keyspace<unknown, never> {
    try {
      return new Keyspace(this.#context, this.#scope.within(prefix, codec ?? this.#scope.codec))
    } catch (error) {
      throw inputFailure(`open the keyspace ${describeTarget(prefix)}`, error)
    }
  }

  #swap<Then extends readonly Op<W>[], Else extends readonly Op<W>[], R>(
    action: () => string,
    build: () => Txn<readonly Comparison<W>[], Then, Else>,
    resultOf: (result: TxnResult<V, Then, Else>) => R,
    options: WriteOptions | undefined,
  ): Promise<R> {
    const call = { action, build, options }
    return callTxn(this.#transport, this.#scope, call).then((result) => resultOf(result))
  }
}
