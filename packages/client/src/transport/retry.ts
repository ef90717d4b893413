// What follows a failed attempt of a call: another token, another attempt, or the end. Shared by gRPC and the gateway:
// the rules are here alone, sending is the transports'.

import { authenticate, type CallOptions, type Method } from '@etcdkit/protocol'
import type { Failure } from './failure.ts'
import { growingPause } from './pauses.ts'
import { isTokenRefusal, type TokenStore } from './token.ts'

const maxAttempts = 100
const firstPauseMs = 25
const longestPauseMs = 500
// A token may be outdated by a change of users between its issue and its use, but hardly so often in a row.
const maxTokenRefusals = 3

/** What the rules read and write of a call under way. A call object of a transport can have these fields itself. */
export interface CallProgress {
  readonly method: Method
  readonly options: CallOptions | undefined
  /** Attempts that were made. */
  attempts: number
  /** The token of the last attempt. */
  token: string | undefined
  /** Attempts that failed for their token. */
  tokenRefusals: number
  /** An attempt failed of which it is not known whether it was applied: `asPossiblyApplied` before the caller is told. */
  possiblyApplied: boolean
  /** Why the last attempt failed that was followed by another. */
  lastFailure: Failure | undefined
}

/**
 * What to do about a failed attempt: milliseconds to wait before the next one (with a token acquired first, if
 * `tokens.ready` is false), or `undefined`: reject with `failure.error`.
 */
export function nextAttempt(
  call: CallProgress,
  failure: Failure,
  { tokens, endpoints }: { readonly tokens: TokenStore; readonly endpoints: number },
): number | undefined {
  if (isTokenRefusal(failure.error.code) && call.method !== authenticate) {
    // A refused token says that nothing was done, so that any call may be sent again. Streams are their owner's, and
    // find another token when they are opened anew.
    const renewable = tokens.refused(call.token) || isOldCertificate(call, failure)
    if (renewable && call.method.retry !== 'stream' && ++call.tokenRefusals <= maxTokenRefusals) {
      return 0
    }
  }
  if (failure.elsewhereOnly === true && (endpoints === 1 || call.options?.endpoint !== undefined)) {
    return undefined
  }
  if (!mayRetry(call.method, call.options, failure, call.attempts)) return undefined
  call.lastFailure = failure
  if (failure.error.outcome === 'unknown') call.possiblyApplied = true
  return pauseBeforeRetry(call.attempts, endpoints)
}

// Who is known by a certificate has no token, and the next attempt is judged by the users as they are then.
function isOldCertificate(call: CallProgress, { error }: Failure): boolean {
  return call.token === undefined && error.code === 'auth-old-revision'
}

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
  return growingPause(attempts - endpoints, firstPauseMs, longestPauseMs)
}
