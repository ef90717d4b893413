// When leases past their time are ended: at regular moments, as etcd does, and only if some lease is due by then.

import type { Clock } from './clock.ts'
import { type Lease, type Leases, remainingMs } from './leases.ts'

/** What the expiry of leases needs. */
export interface LeaseExpiryOptions {
  readonly clock: Clock
  readonly leases: Leases
  /** How far apart the moments are. */
  readonly leaseCheckMs: number
  /** Most leases ended at one of them. */
  readonly leaseRevokesPerCheck: number
  /** Ends a lease; `false` if that cannot be now. */
  readonly revoke: (lease: Lease) => boolean
}

/** Ends leases as their time comes. */
export class LeaseExpiry {
  readonly #options: LeaseExpiryOptions
  readonly #startedAt: number
  #next: { readonly at: number; readonly cancel: () => void } | undefined
  #closed = false

  constructor(options: LeaseExpiryOptions) {
    this.#options = options
    this.#startedAt = options.clock.now()
  }

  /** Sees to it that a lease with that end is ended in time. */
  watch(expiresAt: number): void {
    if (this.#closed) return
    const at = this.#momentFrom(expiresAt)
    if (this.#next !== undefined && this.#next.at <= at) return
    this.#next?.cancel()
    const { clock } = this.#options
    const cancel = clock.after(at - clock.now(), () => this.#check())
    this.#next = { at, cancel }
  }

  /** Ends no more leases. */
  close(): void {
    this.#closed = true
    this.#next?.cancel()
    this.#next = undefined
  }

  /** The first moment from `time` on that is yet to come. */
  #momentFrom(time: number): number {
    const { clock, leaseCheckMs } = this.#options
    const sinceStart = Math.max(time, clock.now()) - this.#startedAt
    const at = this.#startedAt + Math.ceil(sinceStart / leaseCheckMs) * leaseCheckMs
    return at > clock.now() ? at : at + leaseCheckMs
  }

  #check(): void {
    this.#next = undefined
    const { clock, leases, leaseRevokesPerCheck, revoke } = this.#options
    const now = clock.now()
    const expired = [...leases.all()]
      .filter((lease) => remainingMs(lease, now) === 0)
      .sort((a, b) => a.expiresAt - b.expiresAt)
    for (const lease of expired.slice(0, leaseRevokesPerCheck)) revoke(lease)
    let earliest = Number.POSITIVE_INFINITY
    for (const lease of leases.all()) earliest = Math.min(earliest, lease.expiresAt)
    if (earliest < Number.POSITIVE_INFINITY) this.watch(earliest)
  }
}
