// What an answer says of how the call went: in the gateway's two forms of an error, or in a proxy's.

import type { JsonObject, JsonValue } from '@etcdkit/protocol'
import type { ResponseStatus } from '../failure.ts'

const invalidArgumentStatus = 3
const unknownStatus = 2
const unimplementedStatus = 12
const notFoundStatus = 5

/**
 * The status in the body of an answer whose HTTP status is not 200: `{ error, code, message }` or `{ code, message }`
 * of the gateway, `{ error: { … } }` of its streams. Anything else is a proxy's or Go's own, and told by the HTTP
 * status.
 */
export function statusOfAnswer(httpStatus: number, body: string): ResponseStatus {
  const told = statusOfJson(parseJson(body))
  if (told === undefined) return statusOfHttp(httpStatus, body)
  // A path that the gateway does not have; what is not found otherwise says what it is.
  if (told.status === notFoundStatus && told.message === 'Not Found') return statusOfHttp(404, '')
  return told
}

/** The status in `{ error }`, which a stream ends with. */
export function statusOfStreamError(error: JsonValue): ResponseStatus {
  const told = statusOfJson(error)
  if (told !== undefined) return told
  return {
    status: unknownStatus,
    message: 'the server ended the stream with an error of no known form',
  }
}

/** The value of JSON text; `undefined` if it is none. */
export function parseJson(text: string): JsonValue | undefined {
  try {
    // What `JSON.parse` answers is a JSON value.
    return JSON.parse(text) as JsonValue
  } catch {
    return undefined
  }
}

/** Whether `json` is an object, with whatever in it. */
export function isObject(json: JsonValue | undefined): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}

function statusOfJson(json: JsonValue | undefined): ResponseStatus | undefined {
  if (!isObject(json)) return undefined
  if (isObject(json.error)) return statusOfJson(json.error)
  const { code = json.grpc_code, message = json.error } = json
  if (typeof code !== 'number' || typeof message !== 'string') return undefined
  return { status: code, message }
}

// As gRPC maps what proxies say (http-grpc-status-mapping.md), and a few more that proxies of HTTP/1.1 say. But 400 is
// what etcd refuses a request with before it looks at it, such as one with a client's certificate while auth is on.
const statuses: Readonly<Record<number, number>> = {
  400: 9,
  401: 16,
  403: 7,
  404: unimplementedStatus,
  405: unimplementedStatus,
  429: 14,
  501: unimplementedStatus,
  502: 14,
  503: 14,
  504: 14,
}

// A reason, and no page.
const plainLine = /^[^<>{}\p{Cc}]{1,200}$/u

function statusOfHttp(httpStatus: number, body: string): ResponseStatus {
  if (httpStatus === 413) return requestTooLarge
  const text = body.trim()
  const reason = plainLine.test(text) ? `: ${text}` : ''
  const message = `the server answered HTTP ${httpStatus}${reason}`
  return { status: statuses[httpStatus] ?? unknownStatus, message }
}

// A proxy's limit means the same as etcd's.
const requestTooLarge: ResponseStatus = {
  status: invalidArgumentStatus,
  message: 'etcdserver: request is too large',
}
