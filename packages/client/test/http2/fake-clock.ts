// Time that a test moves by hand: `performance.now`, `setTimeout` and `setImmediate` follow it.

import { mock } from 'node:test'

/** Takes the place of the real time until it is disposed. */
export class FakeClock implements Disposable {
  #nowMs = 1_000_000
  readonly #now = mock.method(performance, 'now', () => this.#nowMs)

  constructor() {
    mock.timers.enable({ apis: ['setTimeout', 'setImmediate'] })
  }

  get nowMs(): number {
    return this.#nowMs
  }

  /** Lets time pass, a millisecond at a time; what is due runs. */
  advance(ms: number): void {
    for (let passed = 0; passed < ms; passed++) {
      this.#nowMs++
      mock.timers.tick(1)
    }
  }

  /** Lets time pass while the process stands still: nothing runs before the next `advance`. */
  freeze(ms: number): void {
    this.#nowMs += ms
  }

  [Symbol.dispose](): void {
    mock.timers.reset()
    this.#now.mock.restore()
  }
}
