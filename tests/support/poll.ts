// Waits for what cannot be awaited: asks again and again until a deadline, and once more after it, as a machine that
// stood still in between has shown nothing.

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
  options: PollOptions,
): Promise<void> {
  let cause: unknown
  const isMet = async (): Promise<boolean> => {
    try {
      return await check()
    } catch (error) {
      if (error instanceof PollAbort) throw error
      cause = error
      return false
    }
  }
  if (!(await poll(isMet, Boolean, options))) throw tooLate(options, cause)
}

/**
 * Resolves with the first answer that `isFinal` takes. Rejects at the deadline, with the last answer as the cause, and
 * at once when asking throws.
 */
export async function askUntil<T>(
  ask: () => Promise<T>,
  isFinal: (answer: T) => boolean,
  options: PollOptions,
): Promise<T> {
  const answer = await poll(ask, isFinal, options)
  if (!isFinal(answer)) throw tooLate(options, answer)
  return answer
}

/** Thrown by a check when waiting on is of no use. */
export class PollAbort extends Error {
  override readonly name: string = 'PollAbort'
}

/** The first answer that is final, or else the last. */
async function poll<T>(
  ask: () => Promise<T>,
  isFinal: (answer: T) => boolean,
  { deadlineMs, intervalMs = 20 }: PollOptions,
): Promise<T> {
  const end = performance.now() + deadlineMs
  for (;;) {
    const isLast = performance.now() >= end
    const answer = await ask()
    if (isLast || isFinal(answer)) return answer
    await delay(intervalMs)
  }
}

function tooLate({ what, deadlineMs }: PollOptions, cause: unknown): Error {
  return new Error(`Cannot wait longer for ${what}: not within ${deadlineMs} ms`, { cause })
}
