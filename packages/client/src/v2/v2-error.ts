// What etcd refuses a v2 request with, as an error.

import { EtcdError, type EtcdErrorCode, type Outcome } from '@etcdkit/protocol'
import { type HttpHeaders, headerOf } from '../http/http-client.ts'
import { isObject, parseJson } from '../transport/gateway/answer-status.ts'
import { parseIndex, type V2Answer } from './v2-answer.ts'

/** What is known of a refusal beside its message. */
interface Refusal {
  readonly errorCode: number | undefined
  readonly cause: string
  readonly index: number | undefined
  readonly message: string
}

/**
 * An answer of 400 or more. `code` tells the kind as everywhere in etcdkit: `key-not-found` (100), `already-exists` (105),
 * `failed-precondition` (101 and what a file or directory cannot), `compacted` (401: history lost), `unauthenticated`
 * (110), `unavailable` (300, 301).
 *
 * @example
 * ```ts
 * import { EtcdV2, EtcdV2Error } from 'etcdkit/v2'
 *
 * await using etcd = new EtcdV2()
 * try {
 *   await etcd.compareAndSwap('config', 'new', { prevValue: 'old' })
 * } catch (error) {
 *   if (!(error instanceof EtcdV2Error) || error.errorCode !== 101) throw error
 *   console.log(error.cause) // [old != something else]
 * }
 * ```
 */
export class EtcdV2Error extends EtcdError {
  /** etcd's number: 100 key not found, 101 compare failed, 105 key exists; `undefined` where etcd gives none. */
  readonly errorCode: number | undefined
  /** etcd's cause, such as the path that is missing; empty if it gives none. */
  declare readonly cause: string
  /** The store's index, `undefined` where etcd does not tell. */
  readonly index: number | undefined
  /** The HTTP status. */
  readonly status: number
  /** The answer's headers, names in lower case. */
  readonly headers: HttpHeaders
  /** The answer's body as it came. */
  readonly body: string

  constructor(
    message: string,
    options: {
      readonly code: EtcdErrorCode
      readonly outcome: Outcome | undefined
      readonly endpoint: string
      readonly refusal: Omit<Refusal, 'message'>
      readonly answer: V2Answer
    },
  ) {
    const { code, outcome, endpoint, refusal, answer } = options
    super(message, { code, outcome, endpoint, cause: refusal.cause })
    this.name = 'EtcdV2Error'
    this.errorCode = refusal.errorCode
    this.index = refusal.index
    this.status = answer.status
    this.headers = answer.headers
    this.body = answer.text
  }
}

/** The error of an answer that is a refusal. `isWrite`: the outcome is told. */
export function errorOfAnswer(
  answer: V2Answer,
  { action, isWrite }: { readonly action: string; readonly isWrite: boolean },
): EtcdV2Error {
  const refusal = readRefusal(answer)
  const code = codeOf(answer.status, refusal.errorCode)
  // What the cluster could not do may have been done all the same.
  const outcome = answer.status >= 500 ? 'unknown' : 'not-applied'
  const fact = refusal.cause === '' ? refusal.message : `${refusal.message}: ${refusal.cause}`
  return new EtcdV2Error(`Cannot ${action}: ${fact}`, {
    code,
    outcome: isWrite ? outcome : undefined,
    endpoint: answer.endpoint,
    refusal,
    answer,
  })
}

function readRefusal(answer: V2Answer): Refusal {
  const json = parseJson(answer.text)
  const { errorCode, message, cause, index } = isObject(json) ? json : {}
  return {
    errorCode: typeof errorCode === 'number' ? errorCode : undefined,
    message: typeof message === 'string' ? message : `the server answered HTTP ${answer.status}`,
    cause: typeof cause === 'string' ? cause : '',
    index: typeof index === 'number' ? index : parseIndex(headerOf(answer.headers, 'x-etcd-index')),
  }
}

const codes: Readonly<Record<number, EtcdErrorCode>> = {
  100: 'key-not-found',
  101: 'failed-precondition',
  102: 'failed-precondition',
  104: 'failed-precondition',
  105: 'already-exists',
  108: 'failed-precondition',
  110: 'unauthenticated',
  300: 'unavailable',
  301: 'unavailable',
  400: 'unavailable',
  401: 'compacted',
}

const statusCodes: Readonly<Record<number, EtcdErrorCode>> = {
  400: 'invalid-argument',
  401: 'unauthenticated',
  403: 'permission-denied',
  404: 'not-found',
  405: 'unimplemented',
  408: 'unavailable',
  409: 'failed-precondition',
  410: 'not-found',
  412: 'failed-precondition',
  413: 'request-too-large',
  415: 'invalid-argument',
  429: 'unavailable',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
}

function codeOf(status: number, errorCode: number | undefined): EtcdErrorCode {
  const known = errorCode === undefined ? undefined : codes[errorCode]
  return known ?? statusCodes[status] ?? (status >= 500 ? 'internal' : 'unknown')
}
