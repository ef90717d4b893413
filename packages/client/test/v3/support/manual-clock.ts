// A clock that a test moves by hand.

import type { Clock } from '../../../src/v3/clock.ts'

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** Time stands still until `advance`. */
export class ManualClock implements Clock {
  #now = 1000
  readonly #timers = new Set<Timer>()
  /** Every delay that was asked for. */
  readonly delays: number[] = []

  now(): number {
    return this.#now
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    this.delays.push(delayMs)
    const timer = { at: this.#now + delayMs, callback }
    this.#timers.add(timer)
    return timer
  }

  clearTimeout(timer: unknown): void {
    // Only what `setTimeout` answered is given.
    this.#timers.delete(timer as Timer)
  }

  /** How many timers wait. */
  get pending(): number {
    return this.#timers.size
  }

  /** Moves the time, timer by timer, and lets what they start go on in between. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await flush()
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.callback()
      await flush()
    }
    this.#now = end
    await flush()
  }

  /** Moves the time while nothing can run, as in a process that is stopped: timers are late. */
  stall(ms: number): void {
    this.#now += ms
  }

  #next(end: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) {
      if (timer.at <= end && (first === undefined || timer.at < first.at)) first = timer
    }
    return first
  }
}

/** Resolves when all that can go on without time passing has gone on. */
export async function flush(): Promise<void> {
  for (let round = 0; round < 3; round++) await new Promise((resolve) => setImmediate(resolve))
}
