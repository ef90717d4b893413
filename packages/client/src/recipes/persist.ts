// Repeats what an outage may fail, for as long as there is a reason to.

import { Backoff } from '../v3/backoff.ts'
import type { Clock } from '../v3/clock.ts'
import { isTransient } from '../v3/failure.ts'
import { pause } from '../v3/pause.ts'

/**
 * Calls `attempt` until it succeeds, fails for good, or `signal` aborts, which it then rejects with. For what may be
 * repeated only.
 */
export async function persist<T>(
  clock: Clock,
  signal: AbortSignal,
  attempt: () => Promise<T>,
): Promise<T> {
  const backoff = new Backoff()
  for (;;) {
    signal.throwIfAborted()
    try {
      return await attempt()
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (!isTransient(error)) throw error
    }
    await pause(clock, backoff.next(), signal)
  }
}
