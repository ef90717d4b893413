// A value that follows a key, and keeps the last good one.

import { EtcdError } from '@etcdkit/protocol'
import { bytes, type Codec } from '../v3/codec.ts'
import type { Entry } from '../v3/entry.ts'
import { describeTarget, failure } from '../v3/failure.ts'
import { type Key, keyToBytes } from '../v3/key.ts'
import { assertOptions, type ReadOptions } from '../v3/options.ts'
import { Bounds } from './bounds.ts'
import { type Change, ChangeReader } from './changes.ts'
import { Follower } from './follow.ts'
import type { AnyKeyspace, RecipeKeys } from './recipe-keys.ts'
import { checked } from './recipe-options.ts'

/** How to follow a key. */
export interface LiveOptions<T> extends Pick<ReadOptions, 'signal'> {
  /** The value while there is no key, and no good value has been seen. Default: `undefined`. */
  readonly fallback?: T | undefined
}

/** A value, and what it was read from. */
export interface LiveValue<T> {
  readonly value: T
  readonly revision: number
}

/**
 * A value that follows a key. A write that the codec refuses leaves the last good value in place, and is told by
 * `failure`. Made by `live`.
 *
 * @example
 * ```ts
 * import { Etcd, json, live } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * await using limits = live(etcd, 'config/limits', json<{ perSecond: number }>())
 * await limits.ready
 * console.log(limits.value?.perSecond)
 * ```
 */
export class Live<T> implements AsyncDisposable {
  readonly #keys: RecipeKeys
  readonly #key: Key
  readonly #codec: Codec<T, never>
  readonly #fallback: T | undefined
  readonly #stop = new AbortController()
  readonly #readers = new Set<ChangeReader<LiveValue<T>>>()
  readonly #ready: Promise<void>
  readonly #running: Promise<void>
  #current: LiveValue<T> | undefined = undefined
  #failure: unknown = undefined
  #end: { readonly error: unknown } | undefined = undefined

  /** See `live`. @internal */
  constructor(keys: AnyKeyspace, key: Key, codec: Codec<T, never>, options: LiveOptions<T> = {}) {
    checked(`follow ${describeTarget(key)}`, () => {
      keyToBytes(key)
      assertOptions(options, new Set(['signal', 'fallback']))
    })
    this.#keys = keys.keyspace('', bytes)
    this.#key = key
    this.#codec = codec
    this.#fallback = options.fallback
    const bounds = new Bounds(keys.clock, options).add(this.#stop.signal)
    let isReady = (): void => undefined
    let isOver = (_: unknown): void => undefined
    this.#ready = new Promise((resolve, reject) => {
      isReady = resolve
      isOver = reject
    })
    this.#ready.catch(() => undefined)
    this.#running = this.#run(bounds.signal, isReady)
      .catch((error) => isOver(error))
      .finally(() => bounds.release())
  }

  /** Resolves when the key has been read. Rejects if that is not to be. */
  get ready(): Promise<void> {
    return this.#ready
  }

  /** The last good value; the fallback if there is none. After the end, what it was then. */
  get value(): T | undefined {
    return this.#current === undefined ? this.#fallback : this.#current.value
  }

  /** The revision of the value; `undefined` for the fallback. */
  get revision(): number | undefined {
    return this.#current?.revision
  }

  /**
   * Why the value may not be the newest: what the codec says of a bad write, or what ended the following; `undefined`
   * if it is.
   */
  get failure(): unknown {
    return this.#end?.error ?? this.#failure
  }

  /** Every good value from now on, and `current` as `undefined` when the key is deleted. A slow reader gets the last. */
  changes(): AsyncIterableIterator<Change<LiveValue<T>>, undefined> {
    const reader = new ChangeReader<LiveValue<T>>((done) => this.#readers.delete(done))
    if (this.#end !== undefined) reader.finish(this.#end)
    else this.#readers.add(reader)
    return reader
  }

  /** Stops following. Twice is fine. */
  async close(): Promise<void> {
    this.#stop.abort(new EtcdError('the live value is closed', { code: 'closed' }))
    await this.#running
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #run(signal: AbortSignal, isReady: () => void): Promise<void> {
    try {
      for await (const step of new Follower(this.#keys, this.#key, { signal })) {
        if (step.kind === 'state') this.#take(step.entries[0])
        if (step.kind === 'events') for (const { entry } of step.events) this.#take(entry)
        isReady()
      }
      throw new EtcdError('the watch is over', { code: 'canceled' })
    } catch (error) {
      const fact = failure(`follow ${describeTarget(this.#key)}`, error)
      this.#end = { error: fact }
      const end = this.#stop.signal.aborted ? {} : this.#end
      for (const reader of this.#readers) reader.finish(end)
      throw fact
    }
  }

  #take(entry: Entry<Uint8Array> | undefined): void {
    const previous = this.#current
    if (entry === undefined) {
      this.#failure = undefined
      this.#current = undefined
    } else {
      try {
        const value = this.#codec.decode(entry.valueBytes)
        this.#current = { value, revision: entry.modRevision }
        this.#failure = undefined
      } catch (cause) {
        this.#failure = new EtcdError(
          `Cannot decode the value of ${describeTarget(this.#key)} at revision ${entry.modRevision}`,
          { code: 'decode-failed', cause },
        )
        return
      }
    }
    if (this.#current?.revision === previous?.revision) return
    for (const reader of this.#readers) reader.push('', { current: this.#current, previous })
  }
}

/**
 * Follows a key of a client or keyspace. It begins to read at once; wait for `ready`. The codec may validate: any
 * Standard Schema library plugs in by `json(schema)`.
 *
 * @example
 * ```ts
 * import { Etcd, json, live } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * await using flags = live(etcd, 'flags', json<string[]>(), { fallback: [] })
 * for await (const { current } of flags.changes()) console.log(current?.value)
 * ```
 */
export function live<T>(
  keys: AnyKeyspace,
  key: Key,
  codec: Codec<T, never>,
  options?: LiveOptions<T>,
): Live<T> {
  return new Live(keys, key, codec, options)
}
