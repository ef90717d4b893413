// A watch as callers hold it.

import type { EntryScope } from '../entry.ts'
import type { WatchBatch, WatchEvent } from './watch-event.ts'
import { BatchIterator, EventIterator } from './watch-iterators.ts'
import type { Watcher } from './watcher.ts'

/**
 * Changes of keys as they happen: every revision once, in order, across broken connections, or an error that says why
 * not. Iterate it once, by event or by batch.
 *
 * Iteration ends when the watch is canceled here; leaving the loop cancels it. It throws `CompactedError` when the
 * history it needs is gone, `signal.reason` when the caller aborted, an `EtcdError` with the code `closed` when the
 * client is closed, and what the server said when it refused or ended the watch. What was told before comes first.
 * `V` is what values decode to; `R` is `Resync<V>` where the watch was asked to resync, and nothing otherwise.
 *
 * @example
 * ```ts
 * import { Etcd, prefix } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * await using watch = etcd.watch(prefix('config/'), { from: 1 })
 * for await (const event of watch) {
 *   console.log(event.type, event.key, event.value, event.revision)
 * }
 * ```
 */
export class Watch<V, R = never> implements AsyncIterable<WatchEvent<V> | R>, AsyncDisposable {
  readonly #watcher: Watcher
  readonly #scope: EntryScope<V>
  #claimed = false

  /** @internal */
  constructor(watcher: Watcher, scope: EntryScope<V>) {
    this.#watcher = watcher
    this.#scope = scope
  }

  /**
   * Resolves with the store's revision when the server has made the watch; changes after it are told for sure.
   * Rejects if it cannot be made. Nobody has to look at it: the same failure ends the iteration.
   */
  get ready(): Promise<number> {
    return this.#watcher.ready
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<WatchEvent<V> | R, undefined> {
    this.#claim()
    return new EventIterator(this.#watcher, this.#scope)
  }

  /**
   * The same changes in batches, each with all events of every revision in it, and with progress notifications.
   *
   * @example
   * ```ts
   * import { Etcd, everything } from 'etcdkit'
   *
   * await using etcd = new Etcd()
   * const watch = etcd.watch(everything, { progressNotify: true })
   * for await (const { events, revision } of watch.batches()) {
   *   console.log(`${events.length} changes, all told up to ${revision}`)
   * }
   * ```
   */
  batches(): AsyncIterableIterator<WatchBatch<V> | R, undefined> {
    this.#claim()
    return new BatchIterator(this.#watcher, this.#scope)
  }

  /**
   * Asks the server how far the watch has come: the answer is a batch of the kind `progress`. The server may not
   * answer, as long as a watch of this client is catching up or starts in the future.
   */
  requestProgress(): void {
    this.#watcher.requestProgress()
  }

  /** Ends the watch, here and on the server. What waits is forgotten, iteration ends. Twice is fine. */
  cancel(): void {
    this.#watcher.discard('done')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cancel()
  }

  #claim(): void {
    if (this.#claimed) throw new TypeError('Cannot iterate the watch: it is iterated already')
    this.#claimed = true
  }
}
