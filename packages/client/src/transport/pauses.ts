// How long to wait between attempts to connect.

const firstPauseMs = 20
const longestPauseMs = 5000

/** Milliseconds to wait after the nth failure in a row: doubling, with jitter. */
export function pauseAfter(failures: number): number {
  return jitter(Math.min(firstPauseMs * 2 ** Math.min(failures, 16), longestPauseMs))
}

/** Somewhere between half of `ms` and all of it. */
export function jitter(ms: number): number {
  return ms / 2 + (Math.random() * ms) / 2
}
