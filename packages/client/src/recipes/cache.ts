// A range kept in memory, and kept up with etcd.

import { EtcdError } from '@etcdkit/protocol'
import type { Entry } from '../v3/entry.ts'
import { describeTarget, failure } from '../v3/failure.ts'
import { isRange, type Key, type KeyRange, keyToBytes, typeName } from '../v3/key.ts'
import type { Keyspace } from '../v3/keyspace.ts'
import { assertInteger, assertOptions, type ReadOptions } from '../v3/options.ts'
import { pause } from '../v3/pause.ts'
import { everything } from '../v3/range.ts'
import { Bounds, type WaitOptions, within } from './bounds.ts'
import { type Change, ChangeReader } from './changes.ts'
import { Follower, type Step } from './follow.ts'
import { isInRange, keyText } from './key-order.ts'
import { persist } from './persist.ts'
import { assertWaitOptions, checked } from './recipe-options.ts'

/** How to keep a cache. */
export interface CacheOptions extends Pick<ReadOptions, 'signal'> {
  /**
   * The most keys to hold. A range that grows beyond it ends the cache with `resource-exhausted`, rather than the
   * process with it. Default: 1,000,000. An entry takes its key, its value, and some 300 bytes.
   */
  readonly maxEntries?: number | undefined
}

const defaultMaxEntries = 1_000_000
/** How long a cache that is waited for waits for a change before it compares itself with the store again. */
const comparePauseMs = 100
const defaultTimeoutMs = 5000

/**
 * A range kept in memory: reads are local, and every change arrives by watch. It is consistent: what is read belongs to
 * one revision, across outages and compactions. Made by `cache`.
 *
 * @example
 * ```ts
 * import { cache, Etcd, prefix } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * await using config = cache(etcd, prefix('config/'))
 * await config.ready
 * console.log(config.get('config/port')?.value)
 * ```
 */
export class Cache<V> implements AsyncDisposable {
  readonly #keys: Keyspace<V, never>
  readonly #range: KeyRange
  readonly #maxEntries: number
  readonly #entries = new Map<string, Entry<V>>()
  readonly #readers = new Set<ChangeReader<Entry<V>>>()
  readonly #stop = new AbortController()
  readonly #follower: Follower<V>
  readonly #running: Promise<void>
  #sorted: readonly Entry<V>[] | undefined = undefined
  #revision = 0
  #failure: { readonly error: unknown } | undefined = undefined
  #advanced: (() => void)[] = []

  /** See `cache`. @internal */
  constructor(keys: Keyspace<V, never>, range: KeyRange, options: CacheOptions = {}) {
    checked(`cache ${describeTarget(range)}`, () => {
      if (!isRange(range)) throw new TypeError(`a cache is of a range, not ${typeName(range)}`)
      assertOptions(options, new Set(['signal', 'maxEntries']))
      assertInteger(options.maxEntries, 'maxEntries', 1)
    })
    this.#keys = keys
    this.#range = range
    this.#maxEntries = options.maxEntries ?? defaultMaxEntries
    const bounds = new Bounds(keys.clock, options).add(this.#stop.signal)
    this.#follower = new Follower(keys, range, { signal: bounds.signal })
    this.#running = this.#run().finally(() => bounds.release())
  }

  /** Resolves with the revision once the range has been read. Rejects if the cache has ended before. */
  get ready(): Promise<number> {
    return this.#reach(1, this.#stop.signal)
  }

  /** The revision that reads are of; 0 before `ready`. */
  get revision(): number {
    return this.#revision
  }

  /** Why the cache does not follow any more; `undefined` while it does. Reads then throw it. */
  get failure(): unknown {
    return this.#failure?.error
  }

  /** How many keys there are. */
  get size(): number {
    this.#assertAlive()
    return this.#entries.size
  }

  /** The key as it is at `revision`. Throws if the cache has ended or is not ready. */
  get(key: Key): Entry<V> | undefined {
    this.#assertAlive()
    return this.#entries.get(keyText(keyToBytes(key)))
  }

  /** The keys of the range, or of a part of it, in order, as they are at `revision`. */
  list(range: KeyRange = everything): readonly Entry<V>[] {
    this.#assertAlive()
    this.#sorted ??= [...this.#entries]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, entry]) => entry)
    if (range === everything) return this.#sorted
    return this.#sorted.filter(({ keyBytes }) => isInRange(keyBytes, range))
  }

  /**
   * Waits until the cache shows all that was written before the call, by anybody: reads after it are linearizable. Asks
   * the server whether anything in the range is newer, for which that looks through the range. Resolves with the
   * revision reached. `timeoutMs` is 5,000 unless given.
   *
   * @example
   * ```ts
   * import { cache, Etcd, prefix } from 'etcdkit'
   *
   * await using etcd = new Etcd()
   * await using config = cache(etcd, prefix('config/'))
   * await config.sync()
   * console.log(config.list().length)
   * ```
   */
  async sync(options: WaitOptions = {}): Promise<number> {
    const action = `sync the cache of ${describeTarget(this.#range)}`
    checked(action, () => assertWaitOptions(options))
    const { signal, timeoutMs = defaultTimeoutMs } = options
    const bounds = new Bounds(this.#keys.clock, { signal, timeoutMs })
    return within(bounds, action, () => this.#sync(bounds.signal))
  }

  /**
   * Every change from now on, of each key the last that the reader has not seen: a slow reader misses steps in between,
   * never the end, and holds at most one change a key. It throws what ends the cache, and ends when it is closed.
   *
   * @example
   * ```ts
   * import { cache, Etcd, prefix } from 'etcdkit'
   *
   * await using etcd = new Etcd()
   * await using config = cache(etcd, prefix('config/'))
   * for await (const { current, previous } of config.changes()) {
   *   console.log(previous?.value, 'became', current?.value)
   * }
   * ```
   */
  changes(): AsyncIterableIterator<Change<Entry<V>>, undefined> {
    const reader = new ChangeReader<Entry<V>>((done) => this.#readers.delete(done))
    if (this.#failure !== undefined) reader.finish(this.#failure)
    else this.#readers.add(reader)
    return reader
  }

  /** Ends the cache. Twice is fine. */
  async close(): Promise<void> {
    this.#stop.abort(new EtcdError('the cache is closed', { code: 'closed' }))
    await this.#running
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #run(): Promise<void> {
    try {
      for await (const step of this.#follower) this.#take(step)
    } catch (error) {
      const fact = failure(`follow ${describeTarget(this.#range)}`, error)
      this.#failure = { error: fact }
    }
    this.#failure ??= { error: new EtcdError('the cache is closed', { code: 'closed' }) }
    const isClosed = this.#stop.signal.aborted
    for (const reader of this.#readers) reader.finish(isClosed ? {} : this.#failure)
    this.#wake()
    this.#entries.clear()
    this.#sorted = undefined
  }

  #take(step: Step<V>): void {
    if (step.kind === 'state') this.#replace(step.entries)
    if (step.kind === 'events') {
      for (const { keyBytes, entry } of step.events) this.#set(keyText(keyBytes), entry)
    }
    if (this.#entries.size > this.#maxEntries) {
      throw new EtcdError(`there are more than ${this.#maxEntries} keys`, {
        code: 'resource-exhausted',
      })
    }
    this.#advance(step.revision)
  }

  #replace(entries: readonly Entry<V>[]): void {
    const left = new Set(this.#entries.keys())
    for (const entry of entries) {
      const key = keyText(entry.keyBytes)
      left.delete(key)
      if (this.#entries.get(key)?.modRevision !== entry.modRevision) this.#set(key, entry)
    }
    for (const key of left) this.#set(key, undefined)
  }

  #set(key: string, current: Entry<V> | undefined): void {
    const previous = this.#entries.get(key)
    if (current === undefined) this.#entries.delete(key)
    else this.#entries.set(key, current)
    this.#sorted = undefined
    for (const reader of this.#readers) reader.push(key, { current, previous })
  }

  // Changes elsewhere in the store move its revision on, and no event tells of them. How far the watch has come could be
  // asked for, but etcd leaves that unanswered while any watch of the stream waits for the next revision, answered it
  // ahead of events before 3.4.25 and 3.5.8, and cannot be asked over a gateway. So it is compared.
  async #sync(signal: AbortSignal): Promise<number> {
    let wanted: number | undefined
    for (;;) {
      const revision = await this.#compare(signal)
      wanted ??= revision
      if (this.#failure !== undefined) throw this.#failure.error
      if (this.#revision >= wanted) return this.#revision
      const woken = new AbortController()
      this.#advanced.push(() => woken.abort())
      await pause(this.#keys.clock, comparePauseMs, AbortSignal.any([signal, woken.signal]))
    }
  }

  // Resolves with the store's revision. When no key of the range was changed after what was told, and there are as many as
  // here, none was deleted either, and what is here is how things stand.
  async #compare(signal: AbortSignal): Promise<number> {
    const known = this.#revision
    const changed = { minModRevision: known + 1, limit: 1, keysOnly: true, signal }
    const { entries, count, revision } = await persist(this.#keys.clock, signal, () =>
      this.#keys.list(this.#range, changed),
    )
    const isSame = entries.length === 0 && count === this.#entries.size && this.#revision === known
    if (isSame && known > 0) this.#advance(revision)
    return revision
  }

  #advance(revision: number): void {
    this.#revision = Math.max(this.#revision, revision)
    this.#wake()
  }

  #reach(revision: number, signal: AbortSignal): Promise<number> {
    const reached = (async (): Promise<number> => {
      while (this.#revision < revision) {
        if (this.#failure !== undefined) throw this.#failure.error
        signal.throwIfAborted()
        await new Promise<void>((resolve) => this.#advanced.push(resolve))
      }
      return this.#revision
    })()
    const bounds = new Bounds(this.#keys.clock, { signal })
    return bounds.race(reached).finally(() => bounds.release())
  }

  #wake(): void {
    const advanced = this.#advanced
    this.#advanced = []
    for (const resolve of advanced) resolve()
  }

  #assertAlive(): void {
    if (this.#failure !== undefined) throw this.#failure.error
    if (this.#revision === 0) {
      throw new TypeError('Cannot read the cache: it is not ready, wait for cache.ready')
    }
  }
}

/**
 * Keeps a range of a client or keyspace in memory. It begins to read at once; wait for `ready`.
 *
 * @example
 * ```ts
 * import { cache, Etcd, everything, json } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const users = etcd.keyspace('users/', json<{ name: string }>())
 * await using known = cache(users, everything, { maxEntries: 10_000 })
 * await known.ready
 * for (const { key, value } of known.list()) console.log(key, value.name)
 * ```
 */
export function cache<V>(
  keys: Keyspace<V, never>,
  range: KeyRange,
  options?: CacheOptions,
): Cache<V> {
  return new Cache(keys, range, options)
}
