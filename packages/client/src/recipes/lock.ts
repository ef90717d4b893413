// The lock: fair, told when it is lost, and the same for Go's concurrency package and etcdctl.

import { encodeBase64 } from '@etcdkit/protocol'
import { noBytes } from '../v3/bytes.ts'
import { compare, type NumberComparison } from '../v3/compare.ts'
import { Held } from './held.ts'
import { type AnyKeyspace, keysUnder, leaseKey } from './recipe-keys.ts'
import { checked } from './recipe-options.ts'
import type { SeatPlan } from './seats.ts'
import type { Session } from './session.ts'
import { type HoldOptions, type TakenSeat, takeSeat } from './take-seat.ts'

/** How to lock. */
export type LockOptions = HoldOptions

/**
 * A lock that is held. It is lost when its lease is, at the latest when the server could give it to someone else:
 * `signal` is aborted then.
 *
 * @example
 * ```ts
 * import { Etcd } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * await using lock = await etcd.lock('jobs/nightly', { ttlSeconds: 10 })
 * await etcd.txn({ if: [lock.isHeld], then: [] })
 * console.log(lock.fence, lock.signal.aborted)
 * ```
 */
export class Lock extends Held {
  readonly name: string
  /** The key that stands for the lock, within its keyspace: `name/<lease in hexadecimal>`. */
  readonly key: string
  /**
   * The revision at which the lock's key came into being. It is larger than that of every earlier holder, so that a
   * resource behind the lock can refuse who comes with a smaller one.
   */
  readonly fence: number
  /** A condition that holds as long as the lock is held: for the `if` of a transaction within the same keyspace. */
  readonly isHeld: NumberComparison

  /** @internal */
  constructor(name: string, { contender, give }: TakenSeat) {
    super(`the lock ${JSON.stringify(name)}`, contender.lease, give)
    this.name = name
    this.key = `${name}/${contender.name}`
    this.fence = contender.createRevision
    this.isHeld = compare.createRevision(this.key).equals(this.fence)
  }

  /**
   * Does `task` while the lock is held, and releases it. Resolves with what the task does; rejects with the reason if
   * the lock was lost on the way, whatever the task says of it.
   *
   * @example
   * ```ts
   * import { Etcd } from 'etcdkit'
   *
   * await using etcd = new Etcd()
   * const lock = await etcd.lock('reports')
   * await lock.run(async (signal) => {
   *   await fetch('http://127.0.0.1/report', { method: 'POST', signal })
   * })
   * ```
   */
  async run<T>(task: (signal: AbortSignal) => Promise<T> | T): Promise<T> {
    try {
      this.signal.throwIfAborted()
      const result = await task(this.signal)
      this.signal.throwIfAborted()
      return result
    } finally {
      await this[Symbol.asyncDispose]()
    }
  }
}

/**
 * Waits for a lock and takes it. First come, first served, by the revision at which each asked. A wait that is given
 * up leaves no key behind, and holds up nobody.
 *
 * @example
 * ```ts
 * import { Etcd, lock } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const apps = etcd.keyspace('apps/')
 * await using held = await lock(apps, 'deploy', { ttlSeconds: 10, timeoutMs: 60_000 })
 * ```
 */
export async function lock(
  keys: AnyKeyspace,
  name: string,
  options: LockOptions = {},
): Promise<Lock> {
  // Only a try comes back without.
  return (await acquire(keys, name, options, 'lock')) as Lock
}

/**
 * Takes a lock if it is free; `undefined` if someone else has it.
 *
 * @example
 * ```ts
 * import { Etcd, tryLock } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const held = await tryLock(etcd, 'jobs/nightly')
 * if (held === undefined) console.log('someone else is at it')
 * await held?.release()
 * ```
 */
export function tryLock(
  keys: AnyKeyspace,
  name: string,
  options: LockOptions = {},
): Promise<Lock | undefined> {
  return acquire(keys, name, options, 'try to lock')
}

async function acquire(
  keys: AnyKeyspace,
  name: string,
  options: LockOptions,
  verb: 'lock' | 'try to lock',
): Promise<Lock | undefined> {
  const action = `${verb} ${JSON.stringify(name)}`
  const queue = checked(action, () => keysUnder(keys, name))
  const plan = ({ lease }: Session): SeatPlan => ({
    id: encodeBase64(queue.prefix),
    keys: queue,
    name: leaseKey(lease.id),
    value: noBytes,
  })
  const taken = await takeSeat({ keys, action, options, wait: verb === 'lock', plan })
  return taken && new Lock(name, taken)
}
