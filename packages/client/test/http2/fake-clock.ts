// Time that a test moves by hand: `performance.now`, `setTimeout` and `setImmediate` follow it.

import { mock } from 'node:test'

interface FakeTimer {
  readonly dueMs: number
  readonly run: () => void
  referenced: boolean
  ref(): FakeTimer
  unref(): FakeTimer
}

/** Takes the place of the real time until it is disposed. */
export class FakeClock implements Disposable {
  readonly #timers = new Set<FakeTimer>()
  #nowMs = 1_000_000
  readonly #mocks = [
    mock.method(performance, 'now', () => this.#nowMs),
    mock.method(globalThis, 'setTimeout', (run: () => void, ms = 1) => {
      // As Node does: whole milliseconds, and at least one.
      return this.#add(run, Math.max(1, Math.trunc(ms)))
    }),
    // Half a millisecond, so that a test can stop just before it.
    mock.method(globalThis, 'setImmediate', (run: () => void) => this.#add(run, 0.5)),
    mock.method(globalThis, 'clearTimeout', (timer: FakeTimer | undefined) => {
      if (timer !== undefined) this.#timers.delete(timer)
    }),
  ]

  get nowMs(): number {
    return this.#nowMs
  }

  /** How many timers are set, and how many of them keep the process alive. */
  get timers(): { readonly all: number; readonly referenced: number } {
    const timers = [...this.#timers]
    return { all: timers.length, referenced: timers.filter((timer) => timer.referenced).length }
  }

  /** Lets time pass; what is due runs at its time, or now where it is late. */
  advance(ms: number): void {
    const end = this.#nowMs + ms
    for (;;) {
      const next = this.#earliest()
      if (next === undefined || next.dueMs > end) break
      this.#timers.delete(next)
      this.#nowMs = Math.max(this.#nowMs, next.dueMs)
      next.run()
    }
    this.#nowMs = Math.max(this.#nowMs, end)
  }

  /** Lets time pass while the process stands still: nothing runs before the next `advance`. */
  freeze(ms: number): void {
    this.#nowMs += ms
  }

  #add(run: () => void, delayMs: number): FakeTimer {
    const timer: FakeTimer = {
      dueMs: this.#nowMs + delayMs,
      run,
      referenced: true,
      ref: () => {
        timer.referenced = true
        return timer
      },
      unref: () => {
        timer.referenced = false
        return timer
      },
    }
    this.#timers.add(timer)
    return timer
  }

  #earliest(): FakeTimer | undefined {
    let earliest: FakeTimer | undefined
    for (const timer of this.#timers) {
      if (earliest === undefined || timer.dueMs < earliest.dueMs) earliest = timer
    }
    return earliest
  }

  [Symbol.dispose](): void {
    for (const each of this.#mocks) each.mock.restore()
  }
}
