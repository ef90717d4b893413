// Whether a failed attempt may be followed by another, and how long to wait before it.

import type { CallOptions, Method } from '@etcdkit/protocol'
import type { Failure } from './failure.ts'

const maxAttempts = 100
const firstPauseMs = 25
const longestPauseMs = 500

/**
 * A `repeatable` call is sent again after any transient failure; a `non-repeatable` one only if the server surely did
 * not process it, or the caller has opted in. Streams are their owner's.
 *
 * Source: etcd `client/v3/retry.go`, without its rule that repeats writes a server canceled.
 */
export function mayRetry(
  method: Method,
  options: CallOptions | undefined,
  failure: Failure,
  attempts: number,
): boolean {
  if (attempts >= maxAttempts || method.retry === 'stream') return false
  if (failure.unprocessed) return true
  if (!failure.transient) return false
  return method.retry === 'repeatable' || options?.repeatable === true
}

/** Milliseconds before the next attempt: none while there are endpoints untried, then growing, jittered. */
export function pauseBeforeRetry(attempts: number, endpoints: number): number {
  if (attempts < endpoints) return 0
  const rounds = attempts - endpoints
  const longest = Math.min(firstPauseMs * 2 ** Math.min(rounds, 10), longestPauseMs)
  return longest / 2 + (Math.random() * longest) / 2
}
