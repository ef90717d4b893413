// The one place where what went wrong below becomes an EtcdError, with what is known of the request's fate.

import {
  CompactedError,
  EtcdError,
  type EtcdErrorCode,
  errorFromStatus,
  type Method,
} from '@etcdkit/protocol'
import type { ConnectError, ConnectPhase } from '../http2/connect.ts'
import { ErrorCode } from '../http2/constants.ts'
import type { Http2Error } from '../http2/errors.ts'
import { FramingError } from './grpc/framing.ts'
import type { ResponseStatus } from './grpc/response-status.ts'

/** A failed attempt of a call. */
export interface Failure {
  readonly error: EtcdError
  /** The server surely did not process the request: it may be sent again whatever its retry class. */
  readonly unprocessed: boolean
  /** Another endpoint, or the same one a little later, may well answer. */
  readonly transient: boolean
}

const unavailable = 14

/** The server answered with a status other than OK. */
export function failureOfStatus(method: Method, endpoint: string, status: ResponseStatus): Failure {
  const { code, applied } = errorFromStatus(status.status, status.message)
  const outcome = outcomeOf(method, applied === 'no')
  const message = factOf(status)
  const error =
    code === 'compacted'
      ? new CompactedError(message, { outcome, endpoint })
      : new EtcdError(message, { code, outcome, endpoint })
  return { error, unprocessed: false, transient: status.status === unavailable }
}

/** A stream or its connection broke. */
export function failureOfHttp2(method: Method, endpoint: string, cause: Http2Error): Failure {
  const code = codeOfHttp2(cause)
  const error = new EtcdError(`${cause.message} at ${endpoint}`, {
    code,
    outcome: outcomeOf(method, cause.unprocessed),
    endpoint,
    cause,
  })
  const transient = cause.unprocessed || code === 'connection-lost' || code === 'unavailable'
  return { error, unprocessed: cause.unprocessed, transient }
}

/** The answer came, and cannot be read. */
export function failureOfContent(method: Method, endpoint: string, cause: unknown): Failure {
  const tooLarge = cause instanceof FramingError && cause.kind === 'too-large'
  const code: EtcdErrorCode = tooLarge
    ? 'message-too-large'
    : cause instanceof FramingError
      ? 'protocol-error'
      : 'decode-failed'
  const message = cause instanceof Error ? cause.message : String(cause)
  const error = new EtcdError(`${message} from ${endpoint}`, {
    code,
    outcome: outcomeOf(method, false),
    endpoint,
    cause,
  })
  return { error, unprocessed: false, transient: false }
}

/** The time was up. `sent`: whether the request may have reached a server. */
export function deadlineExceeded(
  method: Method,
  timeoutMs: number,
  endpoint: string | undefined,
  sent: boolean,
): EtcdError {
  const who = endpoint === undefined ? 'etcd' : endpoint
  return new EtcdError(`no answer from ${who} within ${timeoutMs} ms`, {
    code: 'deadline-exceeded',
    outcome: outcomeOf(method, !sent),
    endpoint,
  })
}

/** No connection could be made in time. */
export function notConnected(method: Method, endpoint: string, cause: ConnectError): EtcdError {
  return new EtcdError(
    `cannot connect to ${endpoint}: ${stepNames[cause.phase]}: ${cause.message}`,
    {
      code: phaseCodes[cause.phase],
      outcome: outcomeOf(method, true),
      endpoint,
      cause,
    },
  )
}

/** No token could be had, so that the call was not sent. */
export function notAuthenticated(method: Method, cause: unknown): unknown {
  if (!(cause instanceof EtcdError)) return cause
  const { code, endpoint, message } = cause
  return new EtcdError(message, { code, outcome: outcomeOf(method, true), endpoint, cause })
}

/** The same error, of a call of which an earlier attempt may have been applied. */
export function asPossiblyApplied(reason: unknown): unknown {
  if (!(reason instanceof EtcdError) || reason.outcome !== 'not-applied') return reason
  const { code, endpoint, message } = reason
  return new EtcdError(message, { code, outcome: 'unknown', endpoint, cause: reason })
}

/** The client was closed before or during the call. */
export function closedError(method: Method, sent: boolean): EtcdError {
  return new EtcdError('the client is closed', {
    code: 'closed',
    outcome: outcomeOf(method, !sent),
  })
}

// Reads have no outcome: whether they were processed makes no difference.
function outcomeOf(method: Method, surelyNot: boolean): 'not-applied' | 'unknown' | undefined {
  if (method.retry === 'repeatable') return undefined
  return surelyNot ? 'not-applied' : 'unknown'
}

const phaseCodes: Readonly<Record<ConnectPhase, EtcdErrorCode>> = {
  dns: 'dns-failed',
  tcp: 'tcp-failed',
  tls: 'tls-failed',
  http2: 'http2-failed',
}

const stepNames: Readonly<Record<ConnectPhase, string>> = {
  dns: 'DNS',
  tcp: 'TCP',
  tls: 'TLS',
  http2: 'HTTP/2',
}

// A peer's reset as gRPC maps it (PROTOCOL-HTTP2.md, "Errors"); our own verdict on a peer is a protocol error.
function codeOfHttp2(error: Http2Error): EtcdErrorCode {
  if (error.unprocessed) return 'unavailable'
  if (error.scope === 'connection') {
    return error.byPeer || error.errorCode === ErrorCode.noError
      ? 'connection-lost'
      : 'protocol-error'
  }
  if (!error.byPeer) return 'protocol-error'
  switch (error.errorCode) {
    case ErrorCode.cancel:
      return 'canceled'
    case ErrorCode.enhanceYourCalm:
      return 'resource-exhausted'
    case ErrorCode.inadequateSecurity:
      return 'permission-denied'
    default:
      return 'internal'
  }
}

const etcdPrefix = /^etcdserver: (?:mvcc: )?/

function factOf(status: ResponseStatus): string {
  const text = status.message.replace(etcdPrefix, '')
  return text === '' ? `the server answered with gRPC status ${status.status}` : text
}
