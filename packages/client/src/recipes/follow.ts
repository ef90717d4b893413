// A range as it is, and then how it changes: what caches, mirrors, registries and live values are made of.

import type { Entry } from '../v3/entry.ts'
import type { Key, KeyRange } from '../v3/key.ts'
import type { Keyspace } from '../v3/keyspace.ts'
import type { WatchEvent } from '../v3/watch/watch-event.ts'
import { persist } from './persist.ts'

/** What is told of a range: the whole of it, what changed, or that nothing did, each up to `revision`. */
export type Step<V> =
  | { readonly kind: 'state'; readonly entries: readonly Entry<V>[]; readonly revision: number }
  | {
      readonly kind: 'events'
      readonly events: readonly WatchEvent<V>[]
      readonly revision: number
    }
  | { readonly kind: 'progress'; readonly revision: number }

/**
 * Follows a range: first the whole of it, then every change, revision by revision, across outages. When history is
 * missing, the whole again. Iterate it once; it ends when `signal` aborts, which it throws.
 */
export class Follower<V> implements AsyncIterable<Step<V>> {
  readonly #keys: Keyspace<V, never>
  readonly #target: Key | KeyRange
  readonly #signal: AbortSignal
  readonly #from: number | undefined

  /** `from`: the first revision to tell, without the whole of it before. */
  constructor(
    keys: Keyspace<V, never>,
    target: Key | KeyRange,
    { signal, from }: { readonly signal: AbortSignal; readonly from?: number | undefined },
  ) {
    this.#keys = keys
    this.#target = target
    this.#signal = signal
    this.#from = from
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Step<V>, void, undefined> {
    const signal = this.#signal
    let from = this.#from
    if (from === undefined) {
      const { entries, revision } = await persist(this.#keys.clock, signal, () =>
        this.#keys.list(this.#target, { signal }),
      )
      yield { kind: 'state', entries, revision }
      from = revision + 1
    }
    // Told how far the server has come while nothing happens, a position to go on from stays out of compaction's reach.
    const told = { progressNotify: true, resync: true } as const
    const options = { ...told, from, signal, timeoutMs: 0 } as const
    const watch = this.#keys.watch(this.#target, options)
    try {
      for await (const batch of watch.batches()) {
        yield batch.kind === 'resync' ? { ...batch, kind: 'state' } : batch
      }
    } finally {
      watch.cancel()
    }
  }
}
