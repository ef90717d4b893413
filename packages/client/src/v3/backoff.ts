// How long to wait before trying again.

const shortestMs = 1
const factor = 1.5
const jitter = 0.25

/** Growing delays, jittered so that clients that failed together do not come back together. */
export class Backoff {
  readonly #longestMs: number
  #delayMs = shortestMs

  /** `longestMs`: what the delays grow to, give or take a quarter. */
  constructor(longestMs = 1000) {
    this.#longestMs = longestMs
  }

  /** Milliseconds to wait this time: 1 at first, half as long again each time. */
  next(): number {
    const delayMs = this.#delayMs
    this.#delayMs = Math.min(delayMs * factor, this.#longestMs)
    return delayMs * (1 - jitter + 2 * jitter * Math.random())
  }

  /** Something worked: the next failure is a new story. */
  reset(): void {
    this.#delayMs = shortestMs
  }
}
