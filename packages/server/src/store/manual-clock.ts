// A clock that stands still until it is told to go on.

import type { Clock } from './clock.ts'

interface Timer {
  readonly due: number
  readonly run: () => void
}

/**
 * A clock that a test moves by hand.
 *
 * What was asked for with no delay also happens by itself, in a microtask: nobody should have to move time for it.
 */
export class ManualClock implements Clock {
  #now: number
  /** By due time, and in the order they were asked for. */
  #timers: Timer[] = []

  constructor(startMs = 0) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { due: this.#now + Math.max(0, delayMs), run }
    const place = this.#timers.findIndex((other) => other.due > timer.due)
    this.#timers.splice(place === -1 ? this.#timers.length : place, 0, timer)
    if (timer.due === this.#now) queueMicrotask(() => this.#fire(timer))
    return () => this.#remove(timer)
  }

  /** Number of calls that were asked for and have not happened. */
  get waiting(): number {
    return this.#timers.length
  }

  /** Moves on by `ms`; what falls due on the way happens at its own time, and in order. */
  advance(ms: number): void {
    const until = this.#now + Math.max(0, ms)
    for (;;) {
      const timer = this.#timers[0]
      if (timer === undefined || timer.due > until) break
      this.#now = timer.due
      this.#fire(timer)
    }
    this.#now = until
  }

  #fire(timer: Timer): void {
    if (this.#remove(timer)) timer.run()
  }

  #remove(timer: Timer): boolean {
    const place = this.#timers.indexOf(timer)
    if (place !== -1) this.#timers.splice(place, 1)
    return place !== -1
  }
}
