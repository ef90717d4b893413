// What everything about leases works with, and what it has in common.

import type { Transport } from '@etcdkit/protocol'
import type { Clock } from '../clock.ts'
import type { EventOutlet } from '../event-outlet.ts'
import { pause } from '../pause.ts'
import type { Grants } from './grants.ts'

/** What everything about leases works with. */
export interface LeaseContext {
  readonly transport: Transport
  readonly clock: Clock
  /** Milliseconds that what takes several calls may take, unless told otherwise. */
  readonly timeoutMs: number
  /** Those under way. */
  readonly grants: Grants
  /** Where to tell of leases that are at risk, or lost. */
  readonly events?: EventOutlet | undefined
}

/** When time is up. */
export class Deadline {
  readonly #clock: Clock
  readonly #at: number

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock
    this.#at = timeoutMs === 0 ? Number.POSITIVE_INFINITY : clock.now() + timeoutMs
  }

  /** Milliseconds left; `Infinity` without a limit. */
  get leftMs(): number {
    return this.#at - this.#clock.now()
  }

  /** Resolves after `delayMs`, or at the deadline if that is sooner, or when `signal` aborts. */
  pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
    return pause(this.#clock, Math.max(0, Math.min(delayMs, this.leftMs)), signal)
  }
}
