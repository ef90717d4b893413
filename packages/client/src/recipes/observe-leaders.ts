// Who leads an election, told change by change.

import { CompactedError } from '@etcdkit/protocol'
import type { Entry } from '../v3/entry.ts'
import type { Keyspace } from '../v3/keyspace.ts'
import { everything } from '../v3/range.ts'
import type { WatchBatch } from '../v3/watch/watch-event.ts'
import { persist } from './persist.ts'

/** Yields the oldest of the keys, whenever it is another one or says something else. */
export async function* observeLeaders<V, W>(
  candidates: Keyspace<V, W>,
  signal: AbortSignal = new AbortController().signal,
): AsyncGenerator<Entry<V> | undefined, void, undefined> {
  const standing = new Standing<V>()
  for (;;) {
    const { entries, revision } = await persist(candidates.clock, signal, () =>
      candidates.list(everything, { signal }),
    )
    if (standing.replace(entries)) yield standing.leader
    const watch = candidates.watch(everything, { from: revision + 1, signal, timeoutMs: 0 })
    try {
      for await (const batch of watch.batches()) yield* standing.changes(batch)
      return
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error
    } finally {
      watch.cancel()
    }
  }
}

/** The candidates, and who of them was last told to lead. */
class Standing<V> {
  readonly #candidates = new Map<string, Entry<V>>()
  #told: Entry<V> | undefined = undefined
  #isTold = false

  /** The last leader told. */
  get leader(): Entry<V> | undefined {
    return this.#told
  }

  /** These are all candidates there are. Returns whether there is something to tell. */
  replace(entries: readonly Entry<V>[]): boolean {
    this.#candidates.clear()
    for (const entry of entries) this.#candidates.set(entry.key, entry)
    return this.#compare()
  }

  /** What a batch changes, revision by revision. */
  *changes({ events }: WatchBatch<V>): Generator<Entry<V> | undefined> {
    for (const [index, event] of events.entries()) {
      if (event.type === 'put') this.#candidates.set(event.key, event.entry)
      else this.#candidates.delete(event.key)
      // Between changes of one revision there is no leader to tell of.
      if (events[index + 1]?.revision !== event.revision && this.#compare()) yield this.#told
    }
  }

  #compare(): boolean {
    const oldest = this.#oldest()
    if (this.#isTold && oldest?.modRevision === this.#told?.modRevision) return false
    this.#isTold = true
    this.#told = oldest
    return true
  }

  #oldest(): Entry<V> | undefined {
    let oldest: Entry<V> | undefined
    for (const entry of this.#candidates.values()) {
      if (oldest === undefined || entry.createRevision < oldest.createRevision) oldest = entry
    }
    return oldest
  }
}
