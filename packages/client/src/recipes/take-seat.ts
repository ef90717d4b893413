// Takes a place in a queue, under a session of its own or a given one, within the caller's bounds.

import { failure, inputFailure } from '../v3/failure.ts'
import { Bounds, type WaitOptions } from './bounds.ts'
import type { Contender } from './contender.ts'
import type { AnyKeyspace } from './recipe-keys.ts'
import { assertWaitOptions } from './recipe-options.ts'
import type { SeatPlan } from './seats.ts'
import { openSession, type Session } from './session.ts'

/** How to hold something. */
export interface HoldOptions extends WaitOptions {
  /** Seconds after which the server gives it away if the holder cannot be heard of. Default: 10. */
  readonly ttlSeconds?: number | undefined
  /** Hold it under this session. Default: one of its own, that ends with it. */
  readonly session?: Session | undefined
}

/** What is to be taken. */
export interface Taking {
  readonly keys: AnyKeyspace
  /** What it is called in messages: `lock "a"`. */
  readonly action: string
  readonly options: HoldOptions
  /** Whether to wait for it, or to take it only if it is free. */
  readonly wait: boolean
  /** Which place it is, in a session. What it throws is bad input. */
  plan(session: Session): SeatPlan
}

/** A place, and the way to give it back. */
export interface TakenSeat {
  readonly contender: Contender
  give(): Promise<void>
}

/** Takes a place; `undefined` if it is not free and not to be waited for. */
export async function takeSeat(taking: Taking): Promise<TakenSeat | undefined> {
  const { keys, action, options } = taking
  try {
    assertWaitOptions(options, 'ttlSeconds', 'session')
  } catch (error) {
    throw inputFailure(action, error)
  }
  const bounds = new Bounds(keys.clock, options)
  try {
    bounds.signal.throwIfAborted()
    return await take(taking, bounds)
  } catch (error) {
    throw failure(action, error)
  } finally {
    bounds.release()
  }
}

async function take(taking: Taking, bounds: Bounds): Promise<TakenSeat | undefined> {
  const { keys, options, wait } = taking
  const { session: shared, ttlSeconds, timeoutMs } = options
  const { signal } = bounds
  const session = shared ?? (await openSession(keys, { ttlSeconds, signal, timeoutMs }))
  const { seats } = session
  let contender: Contender | undefined
  try {
    const plan = planOf(taking, session)
    contender = await (wait ? seats.take(plan, bounds) : seats.tryTake(plan, bounds))
    if (contender === undefined) return undefined
    const give = (): Promise<void> =>
      shared === undefined ? session.close() : seats.leave(plan.id)
    return { contender, give }
  } finally {
    // A session of its own ends with one call, which takes the key along.
    if (contender === undefined && shared === undefined) await session[Symbol.asyncDispose]()
  }
}

function planOf({ action, plan }: Taking, session: Session): SeatPlan {
  try {
    return plan(session)
  } catch (error) {
    throw inputFailure(action, error)
  }
}
