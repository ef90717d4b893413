// The places in queues that one session holds, each however many times it is taken.

import { EtcdError } from '@etcdkit/protocol'
import { onAbort } from '../v3/abort.ts'
import type { Lease } from '../v3/lease/lease.ts'
import type { Bounds } from './bounds.ts'
import { Contender, oldestOfAll, type Turn } from './contender.ts'
import type { RecipeKeys } from './recipe-keys.ts'

/** Which place, and what its key is to say. */
export interface SeatPlan {
  /** What tells the place from others of the session. */
  readonly id: string
  readonly keys: RecipeKeys
  /** The key, within `keys`. */
  readonly name: string
  readonly value: Uint8Array
  /** Default: that of a lock. */
  readonly turn?: Turn
}

/** A place in a queue: entered when the key is there, reached when its turn has come. */
interface Seat {
  readonly turn: Turn
  readonly entered: Promise<Contender>
  readonly stop: AbortController
  /** Forgets the lease's signal. */
  readonly forget: () => void
  /** The wait for the turn, once somebody waits. */
  reached: Promise<Contender> | undefined
  isReached: boolean
  /** How many have it, or wait for it. */
  users: number
}

/**
 * The places a session holds. A session has one key in a queue, so that who takes a place again has it at once, and it
 * is free when the last one has left.
 */
export class Seats {
  readonly #lease: Lease
  readonly #seats = new Map<string, Seat>()
  /** Places being left: their keys must be gone before the name is used again. */
  readonly #leaving = new Map<string, Promise<void>>()

  constructor(lease: Lease) {
    this.#lease = lease
  }

  /** Whether the session has, or waits for, a place. */
  has(id: string): boolean {
    return this.#seats.has(id)
  }

  /** Waits for a place as long as `bounds` allow. Who has it leaves it once. */
  take(plan: SeatPlan, bounds: Bounds): Promise<Contender> {
    const seat = this.#seats.get(plan.id) ?? this.#join(plan)
    seat.reached ??= reach(seat)
    return this.#use(plan.id, seat, bounds.race(seat.reached))
  }

  /** Takes a place if it is free, or the session's already; `undefined` if not. Leaves no key then. */
  async tryTake(plan: SeatPlan, bounds: Bounds): Promise<Contender | undefined> {
    const known = this.#seats.get(plan.id)
    if (known !== undefined && !known.isReached) return undefined
    const seat = known ?? this.#join(plan)
    const { contender, isFree } = await this.#use(plan.id, seat, this.#look(seat, bounds))
    if (isFree) return contender
    await this.#leave(plan.id, seat).catch(() => undefined)
    return undefined
  }

  /** Gives a place back. Rejects if the server could not be told; it is told as soon as it can be. */
  async leave(id: string): Promise<void> {
    const seat = this.#seats.get(id)
    if (seat !== undefined) await this.#leave(id, seat)
  }

  #join(plan: SeatPlan): Seat {
    const lease = this.#lease
    const stop = new AbortController()
    // The key is the lease's: an abort of who waits is none of the request, whose answer tells what to take back.
    const entered = (this.#leaving.get(plan.id) ?? Promise.resolve()).then(() =>
      Contender.enter({ ...plan, lease }, lease.signal),
    )
    const seat: Seat = {
      turn: plan.turn ?? oldestOfAll,
      entered,
      stop,
      forget: onAbort(lease.signal, () => stop.abort(lease.signal.reason)),
      reached: undefined,
      isReached: false,
      users: 0,
    }
    this.#seats.set(plan.id, seat)
    return seat
  }

  /** One more uses a seat, unless what it is to be used for fails. */
  async #use<T>(id: string, seat: Seat, use: Promise<T>): Promise<T> {
    seat.users++
    try {
      return await use
    } catch (error) {
      void this.#leave(id, seat).catch(() => undefined)
      throw error
    }
  }

  async #look(
    seat: Seat,
    bounds: Bounds,
  ): Promise<{ readonly contender: Contender; readonly isFree: boolean }> {
    const contender = await bounds.race(seat.entered)
    seat.isReached ||= await contender.hasTurn(seat.turn, bounds.signal)
    if (seat.isReached) seat.reached ??= seat.entered
    return { contender, isFree: seat.isReached }
  }

  async #leave(id: string, seat: Seat): Promise<void> {
    if (--seat.users > 0) return
    if (this.#seats.get(id) === seat) this.#seats.delete(id)
    seat.forget()
    if (!seat.isReached) {
      seat.stop.abort(new EtcdError('nobody waits any more', { code: 'canceled' }))
    }
    if (this.#lease.signal.aborted) return
    const withdrawn = withdraw(seat)
    const gone = withdrawn.catch(() => seat.entered.then((contender) => contender.abandon()))
    const leaving = gone.catch(() => undefined)
    this.#leaving.set(id, leaving)
    void leaving.then(() => {
      if (this.#leaving.get(id) === leaving) this.#leaving.delete(id)
    })
    await withdrawn
  }
}

async function reach(seat: Seat): Promise<Contender> {
  const contender = await seat.entered
  if (!contender.wasFirst) await contender.waitForTurn(seat.turn, seat.stop.signal)
  seat.isReached = true
  return contender
}

async function withdraw(seat: Seat): Promise<void> {
  let contender: Contender
  try {
    contender = await seat.entered
  } catch {
    // The lease has ended, or the server refused the key.
    return
  }
  await contender.withdraw()
}
