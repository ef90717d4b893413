// Takes a place in a queue, under a session of its own or a given one, within the caller's bounds.

import { Bounds, type WaitOptions, within } from './bounds.ts'
import type { Contender } from './contender.ts'
import type { AnyKeyspace } from './recipe-keys.ts'
import { assertWaitOptions, checked } from './recipe-options.ts'
import type { SeatPlan } from './seats.ts'
import type { Session } from './session.ts'
import { underSession } from './under-session.ts'

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
  checked(action, () => assertWaitOptions(options, 'ttlSeconds', 'session'))
  return within(new Bounds(keys.clock, options), action, (bounds) => take(taking, bounds))
}

async function take(taking: Taking, bounds: Bounds): Promise<TakenSeat | undefined> {
  const { keys, action, options, wait } = taking
  const { signal } = bounds
  signal.throwIfAborted()
  return underSession({ keys, options, signal }, async (session, isOwn) => {
    const { seats } = session
    const plan = checked(action, () => taking.plan(session))
    const contender = await (wait ? seats.take(plan, bounds) : seats.tryTake(plan, bounds))
    if (contender === undefined) return undefined
    return { contender, give: () => (isOwn ? session.close() : seats.leave(plan.id)) }
  })
}
