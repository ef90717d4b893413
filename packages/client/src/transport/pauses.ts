// How long to wait after failures in a row. Shared by gRPC and the gateway.

/**
 * Milliseconds to wait after `failures` before this one: doubling from `firstMs` to `longestMs`, and jittered so that
 * clients that failed together do not come back together.
 */
export function growingPause(failures: number, firstMs: number, longestMs: number): number {
  return jitter(Math.min(firstMs * 2 ** failures, longestMs))
}

const firstPauseMs = 20
const longestPauseMs = 5000

/** Milliseconds to wait between attempts to connect. */
export function pauseAfter(failures: number): number {
  return growingPause(failures, firstPauseMs, longestPauseMs)
}

/** Somewhere between half of `ms` and all of it. */
export function jitter(ms: number): number {
  return ms / 2 + (Math.random() * ms) / 2
}
