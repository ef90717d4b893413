// The clock of the machine.

import type { Clock } from './clock.ts'

/** The longest delay a timer takes; a longer one would be over at once. */
const longestMs = 2 ** 31 - 1

/** Real time. Its timers do not keep a process alive, where the runtime can say so. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, run) {
    const due = performance.now() + delayMs
    let cancel = (): void => {}
    const wait = (leftMs: number): void => {
      // What it returns differs by runtime: a number in browsers, an object in Node.
      const timer: unknown = setTimeout(check, Math.min(Math.ceil(leftMs), longestMs))
      if (hasUnref(timer)) timer.unref()
      cancel = () => clearTimeout(timer as number)
    }
    // Timers count from when the event loop last looked at the time, and so may be over too soon.
    const check = (): void => {
      const leftMs = due - performance.now()
      if (leftMs > 0) wait(leftMs)
      else run()
    }
    wait(delayMs)
    return () => cancel()
  },
}

function hasUnref(timer: unknown): timer is { unref(): void } {
  return typeof timer === 'object' && timer !== null && 'unref' in timer
}
