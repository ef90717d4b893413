// What leases do to keys: attached keys go when their lease is revoked, or its time is over.

import type { Clock } from './clock.ts'
import { compareNames } from './key-name.ts'
import { type Lease, type Leases, remainingMs } from './leases.ts'
import { deleteKey, type OperationTarget } from './operations.ts'
import { RegularCheck } from './regular-check.ts'

/** What the keeping of leases needs. */
export interface LeaseKeeperOptions extends OperationTarget {
  readonly settings: {
    readonly clock: Clock
    readonly leaseCheckMs: number
    readonly leaseRevokesPerCheck: number
  }
  /** Whether no lease may end now. */
  readonly isStopped: () => boolean
  /** Called after the keys of a lease were deleted: they go at one revision. */
  readonly commit: () => void
}

/** Grants, renews and ends leases. */
export class LeaseKeeper {
  readonly #options: LeaseKeeperOptions
  readonly #clock: Clock
  readonly #leases: Leases
  readonly #expiry: RegularCheck

  constructor(options: LeaseKeeperOptions) {
    this.#options = options
    this.#leases = options.leases
    this.#clock = options.settings.clock
    const { leaseCheckMs } = options.settings
    this.#expiry = new RegularCheck(this.#clock, leaseCheckMs, () => this.#revokeExpired())
  }

  /** Grants a lease; id "0" lets it be chosen. Throws `lease-ttl-too-large`, `lease-exists`. */
  grant(id: string, ttlSeconds: number): Lease {
    const lease = this.#leases.grant(id, ttlSeconds, this.#clock.now())
    this.#expiry.scheduleFor(lease.expiresAt)
    return lease
  }

  /** Ends a lease; its keys are deleted in order, at one revision. */
  revoke(lease: Lease): void {
    const { mvcc, commit } = this.#options
    this.#leases.remove(lease)
    for (const name of [...lease.names].sort(compareNames)) {
      const record = mvcc.index.find(name)
      if (record !== undefined) deleteKey(this.#options, record)
    }
    commit()
  }

  /**
   * Gives a lease its time anew; returns that in seconds, 0 if there is no such lease.
   *
   * One past its time is ended: who is told that a lease is gone may count on it that its keys are.
   */
  renew(id: string): number {
    const lease = this.#leases.find(id)
    if (lease === undefined) return 0
    const now = this.#clock.now()
    if (remainingMs(lease, now) === 0) {
      if (!this.#options.isStopped()) this.revoke(lease)
      return 0
    }
    lease.expiresAt = now + lease.ttlSeconds * 1000
    return lease.ttlSeconds
  }

  /** Whole seconds a lease has left. */
  secondsLeft(lease: Lease): number {
    return Math.floor(remainingMs(lease, this.#clock.now()) / 1000)
  }

  /** The leases, the one that ends first first. */
  byTimeLeft(): Lease[] {
    return [...this.#leases.all()].sort((a, b) => a.expiresAt - b.expiresAt)
  }

  /** The keys attached to a lease, in order. */
  keysOf(lease: Lease): Uint8Array[] {
    const { index } = this.#options.mvcc
    return [...lease.names]
      .sort(compareNames)
      .map((name) => index.find(name)?.newest?.kv.key)
      .filter((key) => key !== undefined)
  }

  /** Ends no more leases by their time. */
  close(): void {
    this.#expiry.close()
  }

  /** Ends leases past their time, up to the most at once; returns when the next one is. */
  #revokeExpired(): number | undefined {
    const { settings, isStopped } = this.#options
    const now = this.#clock.now()
    if (!isStopped()) {
      const due = this.byTimeLeft().filter((lease) => remainingMs(lease, now) === 0)
      for (const lease of due.slice(0, settings.leaseRevokesPerCheck)) this.revoke(lease)
    }
    let next: number | undefined
    for (const { expiresAt } of this.#leases.all()) next = Math.min(next ?? expiresAt, expiresAt)
    return next
  }
}
