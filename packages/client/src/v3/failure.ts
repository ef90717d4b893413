// What callers are told when something fails: the action, a colon, the fact.

import { CallOptionsError, CompactedError, EtcdError, type EtcdErrorCode } from '@etcdkit/protocol'
import { isBytes, quoteBytes, quoteText } from './bytes.ts'
import { isRange, typeName } from './key.ts'
import { describeRange } from './range.ts'

/** What `target` is called in messages: a key, a range, or the type of whatever was given instead. */
export function describeTarget(target: unknown): string {
  if (typeof target === 'string') return quoteText(target)
  if (isBytes(target)) return quoteBytes(target)
  if (isRange(target)) return describeRange(target)
  return typeName(target)
}

/**
 * The error to reject with when `action` ended with `error`: the same one with the action before the fact. What is no
 * `EtcdError`, such as the caller's own reason to abort, stays untouched.
 */
export function failure(action: string, error: unknown): unknown {
  if (error instanceof CallOptionsError) return inputFailure(action, error)
  if (error instanceof CompactedError) {
    const { outcome, endpoint, compactRevision } = error
    const message = `Cannot ${action}: ${error.message}`
    return new CompactedError(message, { outcome, endpoint, compactRevision, cause: error })
  }
  // A subclass not known here carries data that a copy would lose.
  if (!(error instanceof EtcdError) || error.constructor !== EtcdError) return error
  const { code, outcome, endpoint } = error
  return new EtcdError(`Cannot ${action}: ${error.message}`, {
    code,
    outcome,
    endpoint,
    cause: error,
  })
}

/** The error for wrong arguments of `action`, made of the one that says what is wrong with them. */
export function inputFailure(action: string, error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const message = `Cannot ${action}: ${error.message}`
  const options = error.cause === undefined ? undefined : { cause: error.cause }
  return error instanceof RangeError
    ? new RangeError(message, options)
    : new TypeError(message, options)
}

/** The message of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/**
 * Whether a stream that ended with `error` is worth opening again: another endpoint, or the same one later, may well
 * do better. What the peer refuses for good, or cannot be read, is not.
 */
export function isTransient(error: unknown): boolean {
  return error instanceof EtcdError && transientCodes.has(error.code)
}

/** Whether the server refused the token that came with a call or a stream: with another it may do better. */
export function isTokenRefusal(error: unknown): error is EtcdError {
  return error instanceof EtcdError && tokenRefusals.has(error.code)
}

const tokenRefusals: ReadonlySet<EtcdErrorCode> = /* @__PURE__ */ new Set<EtcdErrorCode>([
  'auth-old-revision',
  'invalid-auth-token',
  'user-empty',
])

const transientCodes: ReadonlySet<EtcdErrorCode> = /* @__PURE__ */ new Set<EtcdErrorCode>([
  'aborted',
  'canceled',
  'connection-failed',
  'connection-lost',
  'deadline-exceeded',
  'dns-failed',
  'http2-failed',
  'internal',
  'leader-changed',
  'no-leader',
  'not-capable',
  // Another member may be none.
  'not-supported-for-learner',
  'resource-exhausted',
  'server-stopped',
  'tcp-failed',
  'timeout',
  'tls-failed',
  'too-many-requests',
  'unavailable',
  'unhealthy-cluster',
  'unknown',
  'watch-canceled',
])
