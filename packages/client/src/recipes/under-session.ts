// The session that something is held under: the one given, or one of its own.

import type { AnyKeyspace } from './recipe-keys.ts'
import { openSession, type Session } from './session.ts'
import type { HoldOptions } from './take-seat.ts'

/** What is held, and what bounds the taking of it. */
export interface Holding {
  readonly keys: AnyKeyspace
  readonly options: HoldOptions
  /** Ends the opening of a session. */
  readonly signal: AbortSignal | undefined
}

/**
 * Takes something under a session, and resolves with what that does. A session of its own (`isOwn`) is the taker's when
 * there is something taken; it is ended when that is `undefined` or fails.
 */
export async function underSession<T>(
  { keys, options, signal }: Holding,
  take: (session: Session, isOwn: boolean) => Promise<T>,
): Promise<T> {
  const { session: shared, ttlSeconds, timeoutMs } = options
  const session = shared ?? (await openSession(keys, { ttlSeconds, signal, timeoutMs }))
  let taken: T | undefined
  try {
    taken = await take(session, shared === undefined)
    return taken
  } finally {
    // With one call it takes along whatever was written under it.
    if (taken === undefined && shared === undefined) await session[Symbol.asyncDispose]()
  }
}
