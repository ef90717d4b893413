// The double barrier: so many begin together, and go apart together.

import { EtcdError } from '@etcdkit/protocol'
import { noBytes } from '../v3/bytes.ts'
import { compare } from '../v3/compare.ts'
import { op } from '../v3/op.ts'
import { everything, prefix } from '../v3/range.ts'
import type { WatchEvent } from '../v3/watch/watch-event.ts'
import { Bounds, type WaitOptions, within } from './bounds.ts'
import { Contender } from './contender.ts'
import { keyText } from './key-order.ts'
import { persist } from './persist.ts'
import {
  type AnyKeyspace,
  keysUnder,
  leaseKey,
  type RecipeKeys,
  randomName,
} from './recipe-keys.ts'
import { assertPositive, assertWaitOptions, checked } from './recipe-options.ts'
import type { Session } from './session.ts'
import type { HoldOptions } from './take-seat.ts'
import { underSession } from './under-session.ts'
import { waitForChange, waitUntilGone } from './wait-for-change.ts'

const waiters = /* @__PURE__ */ prefix('waiters/')

/**
 * A barrier that opens when `count` have come, and lets them go when all have left. Who is gone without a word counts no
 * more when its lease has ended. Made by `doubleBarrier`.
 *
 * Its keys are those of Go's `DoubleBarrier`: `name/waiters/…` and `name/ready`.
 *
 * @example
 * ```ts
 * import { doubleBarrier, Etcd } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const round = doubleBarrier(etcd, 'round-1', 3)
 * const place = await round.enter({ timeoutMs: 60_000 })
 * await place.leave({ timeoutMs: 60_000 })
 * ```
 */
export class DoubleBarrier {
  readonly name: string
  readonly count: number
  readonly #keys: AnyKeyspace
  readonly #space: RecipeKeys

  /** See `doubleBarrier`. @internal */
  constructor(keys: AnyKeyspace, name: string, count: number) {
    const action = 'make a double barrier'
    this.#space = checked(action, () => keysUnder(keys, name))
    checked(action, () => assertPositive(count, 'count'))
    this.name = name
    this.count = count
    this.#keys = keys
  }

  /** Waits until `count` have come. Rejects with `barrier-full` when there are as many already. */
  async enter(options: HoldOptions = {}): Promise<BarrierPlace> {
    const action = `enter the double barrier ${JSON.stringify(this.name)}`
    checked(action, () => assertWaitOptions(options, 'ttlSeconds', 'session'))
    return within(new Bounds(this.#keys.clock, options), action, (bounds) =>
      this.#enter(options, bounds),
    )
  }

  async #enter(options: HoldOptions, bounds: Bounds): Promise<BarrierPlace> {
    const { signal } = bounds
    signal.throwIfAborted()
    return underSession({ keys: this.#keys, options, signal }, async (session, isOwn) => {
      const entered = this.#register(session)
      try {
        const contender = await bounds.race(entered)
        bounds.add(session.signal)
        const arrivals = new Arrivals(contender, this.count)
        await arrivals.wait(signal)
        return new BarrierPlace(this.name, contender, isOwn ? session : undefined)
      } catch (error) {
        if (!isOwn) void entered.then((contender) => contender.abandon()).catch(() => undefined)
        throw error
      }
    })
  }

  #register({ lease }: Session): Promise<Contender> {
    const name = `waiters/${leaseKey(lease.id)}-${randomName()}`
    const entrance = { keys: this.#space, name, lease, value: noBytes }
    const entered = Contender.enter(entrance, lease.signal)
    entered.catch(() => undefined)
    return entered
  }
}

/** Who has come, as far as one of them can see. */
class Arrivals {
  readonly #contender: Contender
  readonly #count: number
  #present = new Set<string>()

  /** @internal */
  constructor(contender: Contender, count: number) {
    this.#contender = contender
    this.#count = count
  }

  /** Resolves when enough have come, or had come once the contender was there. */
  async wait(signal: AbortSignal): Promise<void> {
    const { keys, createRevision } = this.#contender
    let from = createRevision
    for (;;) {
      const { entries, revision } = await persist(keys.clock, signal, () =>
        keys.list(everything, { keysOnly: true, revision: from, signal }),
      )
      const ready = entries.find(({ key }) => key === 'ready')
      this.#present = new Set(
        entries.filter(({ key }) => key !== 'ready').map(({ keyBytes }) => keyText(keyBytes)),
      )
      if (this.#present.size > this.#count) throw full(this.#count)
      if ((ready?.modRevision ?? 0) > createRevision) return
      if (this.#present.size === this.#count) {
        await this.#tell(signal)
        return
      }
      const isWanted = (event: WatchEvent<Uint8Array>): boolean => this.#take(event)
      const wait = { from: (from || revision) + 1, signal, isWanted }
      if (await waitForChange(keys, everything, wait)) return
      from = 0
    }
  }

  // Whether all have come with this change.
  #take(event: WatchEvent<Uint8Array>): boolean {
    if (event.type === 'put' && event.key === 'ready') return true
    const key = keyText(event.keyBytes)
    if (event.type === 'put') this.#present.add(key)
    else this.#present.delete(key)
    return this.#present.size === this.#count
  }

  // For those who wait as Go does, and see only this. Saying it twice is saying it once.
  async #tell(signal: AbortSignal): Promise<void> {
    const { keys } = this.#contender
    await persist(keys.clock, signal, () =>
      keys.put('ready', noBytes, { signal, repeatable: true }),
    )
  }
}

/** A place inside a double barrier. */
export class BarrierPlace {
  readonly name: string
  readonly #contender: Contender
  readonly #session: Session | undefined

  /** `session`: one that ends with the place. @internal */
  constructor(name: string, contender: Contender, session: Session | undefined) {
    this.name = name
    this.#contender = contender
    this.#session = session
  }

  /** Aborts when the place can no longer be trusted to be held: see `Lease.signal`. */
  get signal(): AbortSignal {
    return this.#contender.lease.signal
  }

  /** Leaves, and waits until all others have left. Who gives up waiting has left all the same. */
  async leave(options: WaitOptions = {}): Promise<void> {
    const action = `leave the double barrier ${JSON.stringify(this.name)}`
    checked(action, () => assertWaitOptions(options))
    const { keys } = this.#contender
    return within(new Bounds(keys.clock, options), action, async (bounds) => {
      await bounds.race(this.#leave())
      await waitUntilGone(keys, waiters, bounds.signal)
    })
  }

  // The last one clears up. Both may be asked twice: what is gone stays gone.
  async #leave(): Promise<void> {
    const { keys, name, createRevision, lease } = this.#contender
    const mine = compare.createRevision(waiters).equals(createRevision)
    await persist(keys.clock, lease.signal, () =>
      keys.txn(
        {
          if: [mine],
          then: [op.delete(name), op.delete('ready')],
          else: [op.delete(name)],
        },
        { repeatable: true },
      ),
    ).catch((error) => {
      // With the lease the key is gone, too.
      if (!lease.signal.aborted) throw error
    })
    await this.#session?.[Symbol.asyncDispose]()
  }
}

function full(count: number): EtcdError {
  return new EtcdError(`${count} have come already`, { code: 'barrier-full' })
}

/**
 * A double barrier among the keys of a client or keyspace. No I/O. Throws `TypeError` or `RangeError` for a name or
 * number that is none.
 *
 * @example
 * ```ts
 * import { doubleBarrier, Etcd } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const place = await doubleBarrier(etcd, 'round-1', 3).enter()
 * await place.leave()
 * ```
 */
export function doubleBarrier(keys: AnyKeyspace, name: string, count: number): DoubleBarrier {
  return new DoubleBarrier(keys, name, count)
}
