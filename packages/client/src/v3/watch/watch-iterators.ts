// The two ways to iterate a watch.

import type { Event } from '@etcdkit/protocol'
import type { EntryScope } from '../entry.ts'
import { resync, type WatchBatch, type WatchEvent, watchBatch, watchEvent } from './watch-event.ts'
import type { Watcher } from './watcher.ts'

const done: IteratorResult<never, undefined> = { done: true, value: undefined }

/** A watch batch by batch; `R` is what it tells beside changes. */
export class BatchIterator<V, R> implements AsyncIterableIterator<WatchBatch<V> | R, undefined> {
  readonly #watcher: Watcher
  readonly #scope: EntryScope<V>

  constructor(watcher: Watcher, scope: EntryScope<V>) {
    this.#watcher = watcher
    this.#scope = scope
  }

  async next(): Promise<IteratorResult<WatchBatch<V> | R, undefined>> {
    const batch = await this.#watcher.next()
    if (batch === undefined) return done
    if (batch.kind !== 'resync') return { done: false, value: watchBatch(batch, this.#scope) }
    // A state comes where it was asked for, and there `R` says so.
    return { done: false, value: resync(batch, this.#scope) as R }
  }

  async return(): Promise<IteratorResult<WatchBatch<V> | R, undefined>> {
    this.#watcher.discard('done')
    return done
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

/** A watch event by event; `R` is what it tells beside changes. */
export class EventIterator<V, R> implements AsyncIterableIterator<WatchEvent<V> | R, undefined> {
  readonly #watcher: Watcher
  readonly #scope: EntryScope<V>
  #events: readonly Event[] = []
  #taken = 0
  /** The calls that wait for a batch, one after the other. */
  #pulling: Promise<unknown> | undefined = undefined

  constructor(watcher: Watcher, scope: EntryScope<V>) {
    this.#watcher = watcher
    this.#scope = scope
  }

  next(): Promise<IteratorResult<WatchEvent<V> | R, undefined>> {
    const pulling = this.#pulling
    const event = pulling === undefined ? this.#take() : undefined
    if (event !== undefined) return Promise.resolve(event)
    const pull = (): ReturnType<typeof this.next> => this.#pull()
    const pulled = pulling === undefined ? pull() : pulling.then(pull, pull)
    const over = (): void => {
      if (this.#pulling === pulled) this.#pulling = undefined
    }
    this.#pulling = pulled
    pulled.then(over, over)
    return pulled
  }

  async return(): Promise<IteratorResult<WatchEvent<V> | R, undefined>> {
    this.#watcher.discard('done')
    return done
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async #pull(): Promise<IteratorResult<WatchEvent<V> | R, undefined>> {
    for (;;) {
      const event = this.#take()
      if (event !== undefined) return event
      const batch = await this.#watcher.next()
      if (batch === undefined) return done
      if (batch.kind === 'resync') {
        // A state comes where it was asked for, and there `R` says so.
        return { done: false, value: resync(batch, this.#scope) as R }
      }
      this.#events = batch.events
      this.#taken = 0
    }
  }

  #take(): IteratorResult<WatchEvent<V>, undefined> | undefined {
    if (this.#watcher.discarded) this.#events = []
    const event = this.#events[this.#taken]
    if (event === undefined) return undefined
    this.#taken += 1
    return { done: false, value: watchEvent(event, this.#scope) }
  }
}
