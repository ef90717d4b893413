// The leases: how long each lasts, and which keys hang on it. Ends none by itself.

import { refusal } from './refusal.ts'

/** The longest time to live, in seconds. */
const maxTtlSeconds = 9_000_000_000

/** A lease. */
export interface Lease {
  readonly id: string
  readonly ttlSeconds: number
  /** When it ends, by the store's clock. */
  expiresAt: number
  /** The keys attached to it, by name. */
  readonly names: Set<string>
}

/** What leases need to know. */
export interface LeaseSettings {
  readonly minLeaseTtlSeconds: number
  readonly random: () => number
}

/** All leases by id. */
export class Leases {
  readonly #leases = new Map<string, Lease>()
  readonly #settings: LeaseSettings

  constructor(settings: LeaseSettings) {
    this.#settings = settings
  }

  /** All of them, in the order of their granting. */
  all(): IterableIterator<Lease> {
    return this.#leases.values()
  }

  /** The lease with that id. */
  find(id: string): Lease | undefined {
    return this.#leases.get(id)
  }

  /** The lease with that id. Throws `lease-not-found`. */
  get(id: string): Lease {
    const lease = this.#leases.get(id)
    if (lease === undefined) throw refusal('lease-not-found')
    return lease
  }

  /** Grants a lease from `now` on; id "0" lets it be chosen. Throws `lease-ttl-too-large`, `lease-exists`. */
  grant(id: string, ttlSeconds: number, now: number): Lease {
    const chosen = id === '0' ? this.#newId() : id
    if (ttlSeconds > maxTtlSeconds) throw refusal('lease-ttl-too-large')
    if (this.#leases.has(chosen)) throw refusal('lease-exists')
    const effective = Math.max(ttlSeconds, this.#settings.minLeaseTtlSeconds)
    const expiresAt = now + effective * 1000
    const lease = { id: chosen, ttlSeconds: effective, expiresAt, names: new Set<string>() }
    this.#leases.set(chosen, lease)
    return lease
  }

  /** Forgets a lease. */
  remove(lease: Lease): void {
    this.#leases.delete(lease.id)
  }

  /** Moves a key from one lease to another; "0" is none. */
  move(name: string, from: string, to: string): void {
    if (from === to) return
    if (from !== '0') this.#leases.get(from)?.names.delete(name)
    if (to !== '0') this.#leases.get(to)?.names.add(name)
  }

  /** An id not in use, of 19 digits as etcd's have: who takes it for a double loses some. */
  #newId(): string {
    const { random } = this.#settings
    const high = 1000 + Math.floor(random() * 8000)
    for (let low = Math.floor(random() * 1e15); ; low = (low + 1) % 1e15) {
      const id = `${high}${String(low).padStart(15, '0')}`
      if (!this.#leases.has(id)) return id
    }
  }
}

/** Milliseconds a lease has left, 0 if it is past its time. */
export function remainingMs(lease: Lease, now: number): number {
  return Math.max(0, lease.expiresAt - now)
}
