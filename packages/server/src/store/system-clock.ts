// The clock of the machine.

import type { Clock } from './clock.ts'

/** Real time. Its timers do not keep a process alive where the runtime can say so. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, run) {
    // What it returns differs by runtime: a number in browsers, an object in Node.
    const timer: unknown = setTimeout(run, delayMs)
    if (hasUnref(timer)) timer.unref()
    return () => clearTimeout(timer as number)
  },
}

function hasUnref(timer: unknown): timer is { unref(): void } {
  return typeof timer === 'object' && timer !== null && 'unref' in timer
}
