// Time as watches and leases see it: handed in, so that tests move it by hand.

/** What tells the time and wakes up. */
export interface Clock {
  /** Milliseconds on a clock that never goes back. */
  now(): number
  /** Calls `callback` once, in `delayMs` milliseconds; answers what `clearTimeout` takes. */
  setTimeout(callback: () => void, delayMs: number): unknown
  /** Forgets a timer. One that is over is fine. */
  clearTimeout(timer: unknown): void
}

/** The longest delay a timer can have: beyond it, timers fire at once. */
export const longestDelayMs = 2_147_483_647

/** The time of this machine. Its timers keep a process alive, as what waits for them should. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, Math.min(delayMs, longestDelayMs)),
  // Only what `setTimeout` answered is given.
  clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
}
