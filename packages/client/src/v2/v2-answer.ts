// An answer of the v2 API as HTTP has it.

import type { JsonValue } from '@etcdkit/protocol'
import { type HttpHeaders, headerOf } from '../http/http-client.ts'
import { parseJson } from '../transport/gateway/answer-status.ts'

/** An answer, whole. */
export interface V2Answer {
  readonly status: number
  readonly headers: HttpHeaders
  readonly text: string
  /** Who answered. */
  readonly endpoint: string
}

/** An answer of any status, as `raw` resolves with it. */
export interface V2Response {
  readonly status: number
  /** Names in lower case. */
  readonly headers: HttpHeaders
  /** The value of the JSON where the content type says that it is JSON, else the text. */
  readonly body: JsonValue
  /** The body as it came. */
  readonly text: string
  /** The endpoint that answered. */
  readonly endpoint: string
}

/** An answer with its body read by its content type. */
export function responseOf({ status, headers, text, endpoint }: V2Answer): V2Response {
  const isJson = /^application\/json\b/.test(headerOf(headers, 'content-type') ?? '')
  const json = isJson ? parseJson(text) : undefined
  return { status, headers, body: json === undefined ? text : json, text, endpoint }
}

/** An index in a header; `undefined` if there is none. */
export function parseIndex(text: string | undefined): number | undefined {
  const index = text === undefined || text === '' ? Number.NaN : Number(text)
  return Number.isSafeInteger(index) && index >= 0 ? index : undefined
}
