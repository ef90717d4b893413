// The verbs on the leases of the whole store.

import type { LeaseRef } from '../kv-options.ts'
import type { ReadOptions } from '../options.ts'
import { grantLease } from './grant.ts'
import { Lease, type LeaseParts } from './lease.ts'
import { keepAliveOnce, listLeases, revokeLease, timeToLive } from './lease-calls.ts'
import type {
  LeaseGrant,
  LeaseOptions,
  LeaseTimeToLive,
  TimeToLiveOptions,
} from './lease-options.ts'

/**
 * All leases of the store, by id. What is made here is not kept alive: for that, see `etcd.lease` and `attach`.
 *
 * @example
 * ```ts
 * import { Etcd } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * for (const id of await etcd.leases.list()) console.log(id, await etcd.leases.timeToLive(id))
 * ```
 */
export class Leases {
  readonly #parts: LeaseParts

  /** @internal */
  constructor(parts: LeaseParts) {
    this.#parts = parts
  }

  /** Makes a lease, and leaves it to the caller to renew it in time. */
  grant(options: LeaseOptions): Promise<LeaseGrant> {
    return grantLease(this.#parts.context, options, ({ id, ttlSeconds }) => ({ id, ttlSeconds }))
  }

  /** Keeps a lease alive that was made elsewhere. Renews it first; rejects with `lease-not-found` if there is none. */
  async attach(lease: LeaseRef, options?: ReadOptions): Promise<Lease> {
    return new Lease(await keepAliveOnce(this.#parts.context, lease, options), this.#parts)
  }

  /** Ends a lease and deletes its keys. Rejects with `lease-not-found` if there is none. */
  revoke(lease: LeaseRef, options?: ReadOptions): Promise<void> {
    return revokeLease(this.#parts.context, lease, options)
  }

  /** Renews a lease. Rejects with `lease-not-found` if there is none. */
  async keepAliveOnce(lease: LeaseRef, options?: ReadOptions): Promise<LeaseGrant> {
    const { id, ttlSeconds } = await keepAliveOnce(this.#parts.context, lease, options)
    return { id, ttlSeconds }
  }

  /** What is left of a lease; `undefined` if there is none. */
  timeToLive(lease: LeaseRef, options?: TimeToLiveOptions): Promise<LeaseTimeToLive | undefined> {
    return timeToLive(this.#parts.context, lease, options)
  }

  /** The ids of all leases, the one with the least time left first. */
  list(options?: ReadOptions): Promise<string[]> {
    return listLeases(this.#parts.context, options)
  }
}
