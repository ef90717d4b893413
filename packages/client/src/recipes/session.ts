// A lease, and the places in queues that are held under it: what locks and elections live on.

import { EtcdError } from '@etcdkit/protocol'
import { failure } from '../v3/failure.ts'
import type { LeaseRef } from '../v3/kv-options.ts'
import type { Lease } from '../v3/lease/lease.ts'
import type { ReadOptions } from '../v3/options.ts'
import type { AnyKeyspace } from './recipe-keys.ts'
import { assertSessionOptions, checked } from './recipe-options.ts'
import { Seats } from './seats.ts'

/** How to open a session. */
export interface SessionOptions extends ReadOptions {
  /**
   * Seconds after which the server gives away what the session holds if the client cannot be heard of. Default: 10.
   */
  readonly ttlSeconds?: number | undefined
  /** A lease that exists already, to be kept alive instead of a new one. */
  readonly lease?: LeaseRef | undefined
}

/** As `etcdctl lock` has it. */
const defaultTtlSeconds = 10

/**
 * A lease kept alive, and everything held under it: locks, leaderships and other places in queues. Many share one
 * session, and end with it. Opened by `etcd.session`; `openSession` opens one within a keyspace.
 *
 * @example
 * ```ts
 * import { Etcd } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * await using session = await etcd.session({ ttlSeconds: 10 })
 * await using lock = await etcd.lock('jobs/1', { session })
 * console.log(lock.fence)
 * ```
 */
export class Session implements AsyncDisposable {
  readonly lease: Lease
  /** The places held under the lease. For recipes. */
  readonly seats: Seats

  /** Over a lease that is kept alive already. @internal */
  constructor(lease: Lease) {
    this.lease = lease
    this.seats = new Seats(lease)
  }

  /** Aborts the moment nothing held under the session can be trusted any more, with the reason: see `Lease.signal`. */
  get signal(): AbortSignal {
    return this.lease.signal
  }

  /**
   * Ends the session, and with one call everything held under it. Rejects if the server cannot be told: then it ends by
   * itself within its TTL. Twice is fine.
   */
  close(options?: ReadOptions): Promise<void> {
    return this.lease.revoke(options)
  }

  /** Stops keeping the session alive, and lets what it holds live on until the TTL is over: see `Lease.release`. */
  orphan(): void {
    this.lease.release()
  }

  /** Ends the session. Never rejects: what cannot be revoked ends by itself within its TTL. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.lease[Symbol.asyncDispose]()
  }
}

/**
 * Opens a session. `signal` and `timeoutMs` are about opening it.
 *
 * @example
 * ```ts
 * import { Etcd, lock, openSession } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const apps = etcd.keyspace('apps/')
 * await using session = await openSession(apps, { ttlSeconds: 10 })
 * await using web = await lock(apps, 'web', { session })
 * await using worker = await lock(apps, 'worker', { session })
 * ```
 */
export async function openSession(
  keys: AnyKeyspace,
  options: SessionOptions = {},
): Promise<Session> {
  const action = 'open a session'
  checked(action, () => assertSessionOptions(options))
  const { lease, ttlSeconds = defaultTtlSeconds, ...others } = options
  try {
    if (lease !== undefined) return new Session(await keys.leases.attach(lease, others))
    return new Session(await keys.lease({ ttlSeconds, ...others }))
  } catch (error) {
    if (error instanceof EtcdError || !(error instanceof Error)) throw failure(action, error)
    throw error
  }
}
