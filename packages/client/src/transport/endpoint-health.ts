// Whether an endpoint gets calls, and when it is tried again after a failure. Shared by gRPC and the gateway.

import { growingPause } from './pauses.ts'

const firstPauseMs = 100
const longestPauseMs = 5000
// A wait that is not to be blamed on a short limit of the caller's.
const longWaitMs = 1000
const maxTimeouts = 3

/** The health of one endpoint. `Balancer` changes it. */
export class EndpointHealth {
  /** It gets calls. */
  isHealthy = true
  /** A probe is under way. */
  isProbed = false
  /** Calls in a row that were not answered in time. */
  timeouts = 0
  /** When it may be probed, as `performance.now()` counts; of meaning while it is not healthy. */
  probeAt = 0
  /** The number of the last call it was offered while it was ejected, of all such calls. */
  lastOffer = 0
  #failures = 0

  /**
   * Takes note of a failure; answers the milliseconds until the next probe: `pauseMs` if given, else growing ones. What
   * fails during the pause was under way before it, and does not prolong it.
   */
  eject(pauseMs: number | undefined): number {
    const now = performance.now()
    if (!this.isHealthy && now < this.probeAt) return this.probeAt - now
    this.isHealthy = false
    const nextMs = pauseMs ?? growingPause(this.#failures, firstPauseMs, longestPauseMs)
    this.#failures++
    this.probeAt = now + nextMs
    return nextMs
  }

  restore(): void {
    this.isHealthy = true
    this.lastOffer = 0
    this.#failures = 0
  }

  /** Whether it is to be probed. */
  isDue(now: number): boolean {
    return !this.isHealthy && !this.isProbed && this.probeAt <= now
  }

  /** Of two that are both ejected: which one gets a call that has nowhere else to go. */
  goesBefore(other: EndpointHealth): boolean {
    if (this.lastOffer !== other.lastOffer) return this.lastOffer < other.lastOffer
    return this.probeAt < other.probeAt
  }

  /** A call waited this long without an answer. Answers whether that, after those before it, is a failure. */
  missed(waitedMs: number): boolean {
    this.timeouts++
    return waitedMs >= longWaitMs || this.timeouts >= maxTimeouts
  }
}
