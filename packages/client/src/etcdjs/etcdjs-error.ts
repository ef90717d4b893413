// The errors that callbacks get: shaped as those of the npm package `etcdjs`.

import { EtcdError } from '@etcdkit/protocol'
import { isObject, parseJson } from '../transport/gateway/answer-status.ts'
import { EtcdV2Error } from '../v2/v2-error.ts'

/** What a callback is told of a failure. */
export class EtcdjsError extends Error {
  /** etcd's number, such as 100; of a request without an answer what the system says, such as `ECONNREFUSED`. */
  readonly code: number | string | undefined
  /** etcd's cause, such as the key that is missing; of a request without an answer an `EtcdError`, which tells more. */
  declare readonly cause: unknown
  /** etcd's index, where it tells. */
  readonly index: number | undefined

  constructor(message: string, code?: number | string, cause?: unknown, index?: number) {
    super(message)
    this.code = code
    this.cause = cause
    this.index = index
  }
}

/** The error of an answer of 300 or more. */
export function errorOfAnswer({
  status,
  text,
}: {
  readonly status: number
  readonly text: string
}): EtcdjsError {
  const body = parseJson(text)
  if (!isObject(body) || typeof body.message !== 'string' || body.message === '') {
    return new EtcdjsError(`bad status: ${status}`)
  }
  const { message, errorCode, cause, index } = body
  return new EtcdjsError(
    message,
    typeof errorCode === 'number' ? errorCode : undefined,
    typeof cause === 'string' ? cause : undefined,
    typeof index === 'number' ? index : undefined,
  )
}

/** The error of a request, from whatever it was rejected with. */
export function errorOf(thrown: unknown): Error {
  if (thrown instanceof EtcdV2Error) {
    return errorOfAnswer({ status: thrown.status, text: thrown.body })
  }
  if (!(thrown instanceof EtcdError)) {
    return thrown instanceof Error ? thrown : new EtcdjsError(String(thrown))
  }
  if (thrown.code === 'closed') return new EtcdjsError('store destroyed')
  if (thrown.code === 'deadline-exceeded') {
    return new EtcdjsError(thrown.message, 'ETIMEDOUT', thrown)
  }
  return new EtcdjsError(thrown.message, systemCodeOf(thrown) ?? thrown.code, thrown)
}

const deepestCause = 8

// The innermost says what the system said: `ECONNREFUSED`.
function systemCodeOf(thrown: Error): string | undefined {
  let found: string | undefined
  let error: unknown = thrown.cause
  for (let depth = 0; depth < deepestCause && error instanceof Error; depth++) {
    // Runtimes add what `Error` does not declare.
    const { code, errors, cause } = error as Error & Record<string, unknown>
    if (typeof code === 'string' && /^E[A-Z]/.test(code)) found = code
    error = Array.isArray(errors) && errors.length > 0 ? errors[0] : cause
  }
  return found === 'UND_ERR_SOCKET' ? 'ECONNRESET' : found
}
