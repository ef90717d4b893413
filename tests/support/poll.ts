// Waits for what cannot be awaited: asks again and again until a deadline.

import { setTimeout as delay } from 'node:timers/promises'

/** How often and how long to ask. */
export interface PollOptions {
  /** What is waited for, for the message: `etcd m0 to be healthy`. */
  readonly what: string
  readonly deadlineMs: number
  readonly intervalMs?: number
}

/**
 * Resolves when the check answers true; an answer that throws counts as false. Rejects at the deadline, with the
 * check's last error as the cause. To give up sooner, the check throws a {@link PollAbort}.
 */
export async function pollUntil(
  check: () => boolean | Promise<boolean>,
  { what, deadlineMs, intervalMs = 20 }: PollOptions,
): Promise<void> {
  const end = performance.now() + deadlineMs
  let cause: unknown
  do {
    try {
      if (await check()) return
    } catch (error) {
      if (error instanceof PollAbort) throw error
      cause = error
    }
    await delay(intervalMs)
  } while (performance.now() < end)
  throw new Error(`Cannot wait longer for ${what}: not within ${deadlineMs} ms`, { cause })
}

/** Thrown by a check when waiting on is of no use. */
export class PollAbort extends Error {
  override readonly name: string = 'PollAbort'
}
