// Tells whoever listens to the client's events how its leases fare.

import type { EtcdError } from '@etcdkit/protocol'
import type { Clock } from '../clock.ts'
import type { EventOutlet } from '../event-outlet.ts'
import type { KeptLease } from './kept-lease.ts'

/** Tells of a lease that is at risk once, and once when it is renewed or lost. */
export class LeaseNews {
  readonly #clock: Clock
  readonly #events: EventOutlet | undefined

  constructor({
    clock,
    events,
  }: { readonly clock: Clock; readonly events?: EventOutlet | undefined }) {
    this.#clock = clock
    this.#events = events
  }

  /** The lease was not renewed when it was due. */
  atRisk(lease: KeptLease, error: EtcdError | undefined): void {
    lease.trouble = error ?? lease.trouble
    if (lease.isAtRisk) return
    lease.isAtRisk = true
    if (!this.#events?.active) return
    const remainingMs = Math.max(0, lease.expiresAt - this.#clock.now())
    this.#events.emit({ type: 'lease-at-risk', lease: lease.id, remainingMs, error })
  }

  /** The server has renewed the lease. */
  renewed(lease: KeptLease): void {
    if (!lease.isAtRisk) return
    lease.isAtRisk = false
    if (this.#events?.active) this.#events.emit({ type: 'lease-renewed', lease: lease.id })
  }

  /** The lease can no longer be trusted. */
  lost({ id }: KeptLease, error: EtcdError): void {
    if (this.#events?.active) this.#events.emit({ type: 'lease-lost', lease: id, error })
  }
}
