// What can go wrong with HTTP/2 and gRPC's framing, as the failure of a call.

import { EtcdError, type EtcdErrorCode, type Method } from '@etcdkit/protocol'
import { ErrorCode } from '../../http2/constants.ts'
import type { Http2Error } from '../../http2/errors.ts'
import { type Failure, outcomeOf } from '../failure.ts'
import { FramingError } from './framing.ts'

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
