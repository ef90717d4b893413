// The election: one leader at a time, the same for Go's concurrency package and etcdctl.

import { EtcdError, encodeBase64 } from '@etcdkit/protocol'
import type { Entry } from '../v3/entry.ts'
import { failure } from '../v3/failure.ts'
import { typeName } from '../v3/key.ts'
import type { Keyspace } from '../v3/keyspace.ts'
import type { ReadOptions } from '../v3/options.ts'
import { everything } from '../v3/range.ts'
import { Contender, oldestFirst } from './contender.ts'
import { Leadership, type LeadershipParts } from './leadership.ts'
import { observeLeaders } from './observe-leaders.ts'
import { checkName, keysUnder, leaseKey } from './recipe-keys.ts'
import { assertPositive, checked } from './recipe-options.ts'
import type { SeatPlan } from './seats.ts'
import { Session } from './session.ts'
import { type HoldOptions, type TakenSeat, takeSeat } from './take-seat.ts'

/** How to campaign. */
export type CampaignOptions = HoldOptions

/** A leadership to go on with after a restart: what a `Leadership` was. */
export interface FormerLeadership {
  /** Its `key`. */
  readonly key: string
  /** Its `fence`. */
  readonly fence: number
}

/**
 * An election. Candidates queue by the revision at which each began to campaign; the oldest leads until it resigns or
 * its lease ends. What a leader has to say is a value of the keyspace.
 *
 * @example
 * ```ts
 * import { election, Etcd } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const schedulers = election(etcd, 'schedulers')
 * await using leadership = await schedulers.campaign('host-1', { ttlSeconds: 10 })
 * leadership.signal.addEventListener('abort', () => console.log('no longer'))
 * ```
 */
export class Election<V, W> {
  readonly name: string
  readonly #keys: Keyspace<V, W>
  readonly #candidates: Keyspace<V, W>

  /** See `election`. @internal */
  constructor(keys: Keyspace<V, W>, name: string) {
    this.name = checked('hold an election', () => checkName(name))
    this.#keys = keys
    this.#candidates = keys.keyspace(`${name}/`)
  }

  /**
   * Waits for the leadership and takes it. A session that leads already proclaims `value`. Who gives up waiting leaves
   * no key behind.
   */
  async campaign(value: W, options: CampaignOptions = {}): Promise<Leadership<V, W>> {
    const action = `campaign for ${JSON.stringify(this.name)}`
    const keys = keysUnder(this.#keys, this.name)
    const bytes = checked(action, () => this.#keys.encode(value))
    const plan = ({ lease }: Session): SeatPlan => ({
      id: encodeBase64(keys.prefix),
      keys,
      name: leaseKey(lease.id),
      value: bytes,
    })
    const taken = await takeSeat({ keys: this.#keys, action, options, wait: true, plan })
    // Only a try comes back without.
    const { contender, give } = taken as TakenSeat
    const leadership = new Leadership<V, W>(this.#parts(contender, give), value)
    if (options.session !== undefined) await this.#settleValue(leadership, contender, value)
    return leadership
  }

  /** Who leads; `undefined` if nobody does. */
  async leader(options: ReadOptions = {}): Promise<Entry<V> | undefined> {
    try {
      const { entries } = await this.#candidates.list(everything, { ...options, ...oldestFirst })
      return entries[0]
    } catch (error) {
      throw failure(`tell the leader of ${JSON.stringify(this.name)}`, error)
    }
  }

  /**
   * Tells who leads, and every change of that in order: another leader, another value, or `undefined` when nobody
   * leads. It goes on across outages until the loop is left or `signal` aborts, which it then throws. After a
   * compaction during an outage what is told next is how things stand.
   *
   * @example
   * ```ts
   * import { election, Etcd } from 'etcdkit'
   *
   * await using etcd = new Etcd()
   * for await (const leader of election(etcd, 'schedulers').observe()) {
   *   console.log(leader === undefined ? 'nobody' : leader.value)
   * }
   * ```
   */
  observe(
    options: Pick<ReadOptions, 'signal'> = {},
  ): AsyncGenerator<Entry<V> | undefined, void, undefined> {
    return observeLeaders(this.#candidates, options.signal)
  }

  /**
   * Goes on leading after a restart, if the former leadership still stands; `undefined` if not. Its lease is kept alive
   * again.
   */
  async resume(
    { key, fence }: FormerLeadership,
    options: ReadOptions = {},
  ): Promise<Leadership<V, W> | undefined> {
    const action = `resume leading ${JSON.stringify(this.name)}`
    const name = this.#candidateName(action, key, fence)
    try {
      const entry = await this.#candidates.get(name, options)
      if (entry?.createRevision !== fence || entry.lease === undefined) return undefined
      const session = new Session(await this.#keys.leases.attach(entry.lease, options))
      const keys = keysUnder(this.#keys, this.name)
      const contender = Contender.adopt({ keys, name, lease: session.lease }, fence)
      return new Leadership(
        this.#parts(contender, () => session.close()),
        entry.value,
      )
    } catch (error) {
      // It ended in between.
      if (error instanceof EtcdError && error.code === 'lease-not-found') return undefined
      throw failure(action, error)
    }
  }

  #candidateName(action: string, key: string, fence: number): string {
    return checked(action, () => {
      if (typeof key !== 'string') throw new TypeError(`the key is a text, not ${typeName(key)}`)
      if (!key.startsWith(`${this.name}/`)) {
        throw new TypeError(`the key ${JSON.stringify(key)} is none of the election`)
      }
      assertPositive(fence, 'fence')
      return key.slice(this.name.length + 1)
    })
  }

  // The key may have been made by an earlier campaign of the session or its lease, with another value.
  async #settleValue(leadership: Leadership<V, W>, contender: Contender, value: W): Promise<void> {
    if (contender.claims++ === 0 && contender.saysSo) return
    try {
      await leadership.proclaim(value)
    } catch (error) {
      await leadership[Symbol.asyncDispose]()
      throw error
    }
  }

  #parts(contender: Contender, give: () => Promise<void>): LeadershipParts<V, W> {
    return { name: this.name, candidates: this.#candidates, contender, give }
  }
}

/**
 * An election among the keys of a client or keyspace. No I/O. Throws `TypeError` for a name that is none.
 *
 * @example
 * ```ts
 * import { election, Etcd, json } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const hosts = etcd.keyspace('hosts/', json<{ url: string }>())
 * const leader = await election(hosts, 'primary').leader()
 * console.log(leader?.value.url)
 * ```
 */
export function election<V, W>(keys: Keyspace<V, W>, name: string): Election<V, W> {
  return new Election(keys, name)
}
