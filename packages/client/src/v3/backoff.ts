// How long to wait before trying again.

const shortestMs = 1
const longestMs = 1000
const factor = 1.5
const jitter = 0.25

/** Growing delays, jittered so that clients that failed together do not come back together. */
export class Backoff {
  #delayMs = shortestMs

  /** Milliseconds to wait this time: from 1 to 1,000, half as long again each time. */
  next(): number {
    const delayMs = this.#delayMs
    this.#delayMs = Math.min(delayMs * factor, longestMs)
    return delayMs * (1 - jitter + 2 * jitter * Math.random())
  }

  /** Something worked for `aliveMs` milliseconds: if that was long enough, the next failure is a new story. */
  worked(aliveMs: number): void {
    if (aliveMs >= longestMs) this.#delayMs = shortestMs
  }
}
