// How errors look: in the style of the gateway that etcd has from 3.6 on, or in that of the gateway before it.

import { STATUS_CODES } from 'node:http'
import { type Answer, errorHeaders, jsonHeaders } from '../http/answer.ts'
import type { CallStatus } from '../v3/status.ts'

/**
 * `v2`: `{"code":5,"message":"…"}`, as etcd 3.6 says it. `v1`: `{"error":"…","message":"…","code":5}`, as etcd 3.4 and
 * builds of 3.5 do.
 */
export type GatewayErrors = 'v1' | 'v2'

/** A style. */
export interface ErrorStyle {
  /** In the place of a result. */
  call(status: CallStatus): Answer
  /** In the place of the first result of a stream, or after others. */
  stream(status: CallStatus): Answer
  /** No call has this path. */
  readonly notFound: Answer
  /** Calls are posted. */
  readonly notPosted: Answer
}

// By gRPC's numbers from OK on. Source: grpc-gateway `runtime/errors.go`, HTTPStatusFromCode.
const v2Statuses = [
  200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401,
]
const v1Statuses = v2Statuses.with(1, 408).with(9, 412)

const unauthenticated = 16

const v2: ErrorStyle = {
  call: (status) => v2Answer(status, describe(status)),
  stream: (status) => v2Answer(status, { error: describe(status) }),
  notFound: v2Answer({ status: 5, message: 'Not Found' }, { code: 5, message: 'Not Found' }),
  notPosted: v2Answer(
    { status: 12, message: 'Method Not Allowed' },
    { code: 12, message: 'Method Not Allowed' },
  ),
}

const v1: ErrorStyle = {
  call({ status, message }) {
    const body = JSON.stringify({ error: message, message, code: status })
    return { status: httpStatus(v1Statuses, status), headers: jsonHeaders, body }
  },
  stream({ status, message }) {
    const http = httpStatus(v1Statuses, status)
    const error = {
      grpc_code: status,
      http_code: http,
      message,
      http_status: STATUS_CODES[http] ?? '',
    }
    return { status: http, headers: jsonHeaders, body: JSON.stringify({ error }) }
  },
  notFound: { status: 404, headers: errorHeaders, body: 'Not Found\n' },
  notPosted: { status: 405, headers: errorHeaders, body: 'Method Not Allowed\n' },
}

/** The styles there are. */
export const errorStyles: Readonly<Record<GatewayErrors, ErrorStyle>> = { v1, v2 }

function v2Answer({ status, message }: CallStatus, body: object): Answer {
  // What a header cannot carry is not worth failing for.
  const safe = message.replaceAll(/[^\x20-\x7e]/g, '?')
  const headers =
    status === unauthenticated ? { ...jsonHeaders, 'www-authenticate': safe } : jsonHeaders
  return { status: httpStatus(v2Statuses, status), headers, body: JSON.stringify(body) }
}

function describe({ status, message }: CallStatus): object {
  return { code: status, message }
}

function httpStatus(statuses: readonly number[], status: number): number {
  return statuses[status] ?? 500
}
