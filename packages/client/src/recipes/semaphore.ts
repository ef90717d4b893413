// The semaphore: so many holders at a time, in the order of asking.

import { encodeBase64 } from '@etcdkit/protocol'
import { noBytes } from '../v3/bytes.ts'
import { everything } from '../v3/range.ts'
import type { Turn } from './contender.ts'
import { Lock } from './lock.ts'
import {
  type AnyKeyspace,
  keysUnder,
  leaseKey,
  type RecipeKeys,
  randomName,
} from './recipe-keys.ts'
import { assertPositive, checked } from './recipe-options.ts'
import type { SeatPlan } from './seats.ts'
import type { Session } from './session.ts'
import { type HoldOptions, takeSeat } from './take-seat.ts'

/**
 * So many permits, first come, first served. All who use it must name the same number. Made by `semaphore`.
 *
 * @example
 * ```ts
 * import { Etcd, semaphore } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const downloads = semaphore(etcd, 'downloads', 3)
 * await using permit = await downloads.acquire({ timeoutMs: 60_000 })
 * ```
 */
export class Semaphore {
  readonly name: string
  readonly permits: number
  readonly #keys: AnyKeyspace
  readonly #queue: RecipeKeys
  readonly #turn: Turn
  // Two objects of one semaphore may share a session.
  readonly #instance: string = randomName()
  #last = 0

  /** See `semaphore`. @internal */
  constructor(keys: AnyKeyspace, name: string, permits: number) {
    const action = 'make a semaphore'
    this.#queue = checked(action, () => keysUnder(keys, name))
    checked(action, () => assertPositive(permits, 'permits', 'number of permits'))
    this.name = name
    this.permits = permits
    this.#keys = keys
    this.#turn = { range: everything, among: permits }
  }

  /** Waits for a permit. */
  async acquire(options: HoldOptions = {}): Promise<Lock> {
    // Only a try comes back without.
    return (await this.#take(options, true)) as Lock
  }

  /** Takes a permit if one is free; `undefined` if none is. */
  tryAcquire(options: HoldOptions = {}): Promise<Lock | undefined> {
    return this.#take(options, false)
  }

  async #take(options: HoldOptions, wait: boolean): Promise<Lock | undefined> {
    const action = `${wait ? '' : 'try to '}acquire a permit of ${JSON.stringify(this.name)}`
    // A session may have several permits.
    const permit = `${this.#instance}-${++this.#last}`
    const plan = ({ lease }: Session): SeatPlan => ({
      id: `permit ${permit} ${encodeBase64(this.#queue.prefix)}`,
      keys: this.#queue,
      name: `${leaseKey(lease.id)}-${permit}`,
      value: noBytes,
      turn: this.#turn,
    })
    const taken = await takeSeat({ keys: this.#keys, action, options, wait, plan })
    return taken && new Lock(this.name, taken)
  }
}

/**
 * A semaphore among the keys of a client or keyspace. No I/O. Throws `TypeError` or `RangeError` for a name or number
 * that is none.
 *
 * @example
 * ```ts
 * import { Etcd, semaphore } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const permit = await semaphore(etcd, 'downloads', 3).tryAcquire()
 * if (permit === undefined) console.log('three are at it already')
 * ```
 */
export function semaphore(keys: AnyKeyspace, name: string, permits: number): Semaphore {
  return new Semaphore(keys, name, permits)
}
