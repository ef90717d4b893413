// The wait between two attempts.

import { onAbort } from './abort.ts'
import type { Clock } from './clock.ts'

/** Resolves after `delayMs`, or when `signal` aborts if that is sooner: then it is the caller's to throw the reason. */
export function pause(
  clock: Clock,
  delayMs: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (signal?.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const over = (): void => {
      clock.clearTimeout(timer)
      forget?.()
      resolve()
    }
    const timer = clock.setTimeout(over, delayMs)
    const forget = signal && onAbort(signal, over)
  })
}
