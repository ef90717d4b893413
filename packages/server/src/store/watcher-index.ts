// Finds the watchers of a key.

import { IntervalIndex } from './interval-index.ts'
import type { KeyRange } from './key-range.ts'

/** What can be found: anything with a range. */
interface Ranged {
  readonly range: KeyRange
}

/** Watchers by what they watch. */
export class WatcherIndex<T extends Ranged> {
  readonly #ofKeys = new Map<string, Set<T>>()
  readonly #ofRanges = new IntervalIndex<T>()
  #size = 0

  /** Number of watchers. */
  get size(): number {
    return this.#size
  }

  /** Adds a watcher that is not here. */
  add(watcher: T): void {
    const { from, to, single } = watcher.range
    this.#size += 1
    const watchers = this.#ofKeys.get(from)
    if (!single) this.#ofRanges.add(from, to, watcher)
    else if (watchers === undefined) this.#ofKeys.set(from, new Set([watcher]))
    else watchers.add(watcher)
  }

  /** Removes a watcher that is here. */
  delete(watcher: T): void {
    const { from, to, single } = watcher.range
    this.#size -= 1
    if (!single) {
      this.#ofRanges.delete(from, to, watcher)
      return
    }
    const watchers = this.#ofKeys.get(from)
    watchers?.delete(watcher)
    if (watchers?.size === 0) this.#ofKeys.delete(from)
  }

  /** Calls `visit` with each watcher of the key. `visit` must not add or delete. */
  forEachOf(name: string, visit: (watcher: T) => void): void {
    const watchers = this.#ofKeys.get(name)
    if (watchers !== undefined) for (const watcher of watchers) visit(watcher)
    this.#ofRanges.forEachAt(name, visit)
  }
}
