// Where what went wrong between a request and its answer becomes an EtcdError.

import { EtcdError, type EtcdErrorCode, type Method } from '@etcdkit/protocol'
import type { HttpError, HttpPhase } from '../../http/http-error.ts'
import { type ConnectCause, type Failure, notConnected, outcomeOf } from '../failure.ts'

/** There was no answer, or not all of it. */
export function failureOfHttp(method: Method, endpoint: string, cause: HttpError): Failure {
  const { phase, unsent } = cause
  const transient = phase !== 'protocol' && phase !== 'unsupported'
  if (isConnectCause(cause)) {
    return { error: notConnected(method, endpoint, cause), unprocessed: true, transient }
  }
  const error = new EtcdError(factOf(endpoint, cause), {
    code: codes[phase] ?? 'unknown',
    outcome: outcomeOf(method, unsent),
    endpoint,
    cause,
  })
  // What cannot be done is no better done again.
  return { error, unprocessed: unsent && transient, transient }
}

function factOf(endpoint: string, { phase, message }: HttpError): string {
  if (phase === 'unsupported') return message
  return phase === 'network'
    ? `no answer from ${endpoint}: ${message}`
    : `${message} at ${endpoint}`
}

/** What came is not what a gateway answers. */
export function failureOfAnswer(
  method: Method,
  endpoint: string,
  problem: {
    readonly code: 'protocol-error' | 'decode-failed' | 'message-too-large'
    readonly fact: string
    readonly cause?: unknown
  },
): Failure {
  const { code, fact, ...cause } = problem
  const outcome = outcomeOf(method, false)
  const error = new EtcdError(`${fact} from ${endpoint}`, { code, outcome, endpoint, ...cause })
  return { error, unprocessed: false, transient: false }
}

/** Whether there was no connection. */
export function isConnectCause(cause: HttpError): cause is HttpError & ConnectCause {
  return cause.phase === 'dns' || cause.phase === 'tcp' || cause.phase === 'tls'
}

const codes: Readonly<Partial<Record<HttpPhase, EtcdErrorCode>>> = {
  unsupported: 'failed-precondition',
  network: 'connection-failed',
  lost: 'connection-lost',
  protocol: 'protocol-error',
}
