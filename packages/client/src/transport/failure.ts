// Where what went wrong below becomes an EtcdError, with what is known of the request's fate. Shared by gRPC and the
// gateway; what only one of them knows (HTTP/2, gRPC's framing) is in a file of its own folder.

import {
  CompactedError,
  EtcdError,
  type EtcdErrorCode,
  errorFromStatus,
  type Method,
} from '@etcdkit/protocol'

/** The end of a call as the server told it. */
export interface ResponseStatus {
  /** The gRPC status number; 0 is OK. */
  readonly status: number
  readonly message: string
}

/** The step of connecting that failed. */
export type ConnectPhase = 'dns' | 'tcp' | 'tls' | 'http2'

/** Why a connection could not be opened. */
export interface ConnectCause extends Error {
  readonly phase: ConnectPhase
}

/** A failed attempt of a call. */
export interface Failure {
  readonly error: EtcdError
  /** The server surely did not process the request: it may be sent again whatever its retry class. */
  readonly unprocessed: boolean
  /** Another endpoint, or the same one a little later, may well answer. */
  readonly transient: boolean
  /** Another endpoint may well answer, but not the same one, however often it is asked. Default: false. */
  readonly elsewhereOnly?: boolean | undefined
}

/** Whether the failure speaks against the endpoint, so that calls should go elsewhere for a while. */
export function blamesEndpoint({ transient, error }: Failure): boolean {
  // A change of leader is the same for all members.
  return transient && error.code !== 'leader-changed'
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
  // It says so of a call before it looks at it.
  if (code === 'not-supported-for-learner') {
    return { error, unprocessed: true, transient: true, elsewhereOnly: true }
  }
  return { error, unprocessed: false, transient: status.status === unavailable }
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

/** The server allows no more streams at a time, and none was free before the time was up. */
export function noFreeStream(
  method: Method,
  timeoutMs: number,
  endpoint: string | undefined,
): EtcdError {
  const who = endpoint === undefined ? 'etcd' : endpoint
  return new EtcdError(`no free stream to ${who} within ${timeoutMs} ms`, {
    code: 'unavailable',
    outcome: outcomeOf(method, true),
    endpoint,
  })
}

/** No connection could be made in time; of no call in particular if `method` is `undefined`. */
export function notConnected(
  method: Method | undefined,
  endpoint: string,
  cause: ConnectCause,
): EtcdError {
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

/** A connection that was open is not any more; told of no call in particular. */
export function connectionLost(endpoint: string, cause: Error): EtcdError {
  return new EtcdError(`${cause.message} at ${endpoint}`, {
    code: 'connection-lost',
    endpoint,
    cause,
  })
}

/** No answer for so long that the call is made elsewhere. */
export function noAnswer(method: Method | undefined, endpoint: string, waitedMs: number): Failure {
  const error = new EtcdError(`no answer from ${endpoint} for ${Math.round(waitedMs)} ms`, {
    code: 'unavailable',
    outcome: outcomeOf(method, false),
    endpoint,
  })
  return { error, unprocessed: false, transient: true }
}

/** The endpoint was taken off the list, and the stream with it: it is to be opened anew elsewhere. */
export function endpointRemoved(endpoint: string): EtcdError {
  return new EtcdError(`${endpoint} is not among the endpoints any more`, {
    code: 'unavailable',
    endpoint,
  })
}

/** No token could be had, so that the call was not sent. */
export function notAuthenticated(method: Method, cause: unknown): unknown {
  return cause instanceof EtcdError ? notSent(method, cause) : cause
}

/** The same error, of a call that was not sent for it. */
export function notSent(method: Method, cause: EtcdError): EtcdError {
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

/** What is known of a call's effect. Reads have no outcome: whether they were processed makes no difference. */
export function outcomeOf(
  method: Method | undefined,
  surelyNot: boolean,
): 'not-applied' | 'unknown' | undefined {
  if (method === undefined || method.retry === 'repeatable') return undefined
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

const etcdPrefix = /^etcdserver: (?:mvcc: )?/

function factOf(status: ResponseStatus): string {
  const text = status.message.replace(etcdPrefix, '')
  return text === '' ? `the server answered with gRPC status ${status.status}` : text
}
