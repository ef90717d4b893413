// Requests as users send them, beside the methods: what is asked for, where it goes, and the answer as it came.

import { encodeUtf8, type JsonValue } from '@etcdkit/protocol'
import type { HttpHeaders } from '../../http/http-client.ts'
import type { Outgoing } from './exchanges.ts'
import { type HttpAnswer, textOf } from './http-answer.ts'
import {
  isSuccess,
  type OutwardContext,
  reading,
  sendOutward,
  writing,
} from './outward-requests.ts'
import { checkHeaders } from './request-headers.ts'

/** A request to the server of an endpoint. Exactly one of `path` and `url` is given. */
export interface HttpRequestOptions {
  /** Within the gateway: `/kv/txn`, or with its prefix, `/v3/kv/txn`. */
  readonly path?: string | undefined
  /** Elsewhere, as a whole: `http://127.0.0.1:2379/metrics`. The token goes along to configured endpoints only. */
  readonly url?: string | undefined
  /** Default: `POST`. */
  readonly method?: string | undefined
  /** Sent as JSON. */
  readonly json?: JsonValue | undefined
  /** Sent as it is. */
  readonly body?: string | Uint8Array | undefined
  /** Headers of this request; they win over the client's own, `authorization` included. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Milliseconds the request may take, 0 or `Infinity` for no limit. Default: the client's. */
  readonly timeoutMs?: number | undefined
  /** Ends the request, which then rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
  /** Reject with an `EtcdError` when the answer's status is not 2xx. Default: false. */
  readonly failOnHttpError?: boolean | undefined
}

/** An answer as HTTP has it. */
export class HttpResponse {
  readonly status: number
  /** Names in lower case. */
  readonly headers: HttpHeaders
  readonly #answer: HttpAnswer

  /** @internal */
  constructor(answer: HttpAnswer) {
    this.status = answer.status
    this.headers = answer.headers
    this.#answer = answer
  }

  /** Whether the status is 2xx. */
  get ok(): boolean {
    return isSuccess(this)
  }

  /** The body as it came. */
  bytes(): Uint8Array {
    return this.#answer.body
  }

  /** The body as text. Throws `TypeError` if it is not UTF-8. */
  text(): string {
    return textOf(this.#answer)
  }

  /** The body as JSON. Throws `SyntaxError` if it is none. */
  json(): JsonValue {
    // What `JSON.parse` answers is a JSON value.
    return JSON.parse(this.text()) as JsonValue
  }
}

/** Sends what a user asks for. Rejects with `TypeError` or `RangeError` on what is no request. */
export async function sendRequest(
  context: OutwardContext,
  options: HttpRequestOptions,
): Promise<HttpResponse> {
  checkRequest(options)
  const { url, path = '', method = 'POST', timeoutMs, signal, headers, failOnHttpError } = options
  const { calls, endpoints, prefix } = context
  const body = bodyOf(options)
  const call = calls.create(method === 'GET' ? reading : writing, { timeoutMs, signal, headers })
  if (url === undefined) {
    const outgoing = (): Outgoing => ({
      method,
      path: pathWithin(prefix.current ?? '', path),
      body,
    })
    const plan = { call, needs: 'prefix and token', failOnHttpError, outgoing } as const
    return new HttpResponse(await sendOutward(context, plan))
  }
  const { origin, pathname, search } = new URL(url)
  const known = endpoints.at(origin)
  call.place = known ?? endpoints.foreign(origin)
  // A stranger is not to have the token.
  const needs = known === undefined ? 'nothing' : 'token'
  const outgoing = (): Outgoing => ({ method, path: pathname + search, body })
  return new HttpResponse(await sendOutward(context, { call, needs, failOnHttpError, outgoing }))
}

const names: ReadonlySet<string> = /* @__PURE__ */ new Set<keyof HttpRequestOptions>([
  'path',
  'url',
  'method',
  'json',
  'body',
  'headers',
  'timeoutMs',
  'signal',
  'failOnHttpError',
])

const overridable: ReadonlySet<string> = /* @__PURE__ */ new Set(['authorization'])

/** Throws `TypeError` or `RangeError` on what is no request. */
function checkRequest(options: HttpRequestOptions): void {
  if (typeof options !== 'object' || options === null) throw new TypeError('options are an object')
  for (const name of Object.keys(options)) {
    if (!names.has(name)) throw new TypeError(`there is no option ${JSON.stringify(name)}`)
  }
  const { path, url, method = 'POST', json, body, headers, timeoutMs, signal } = options
  if ((path === undefined) === (url === undefined)) {
    throw new TypeError('exactly one of path and url must be given')
  }
  checkPlace(path, url)
  if (typeof method !== 'string' || !/^[A-Z]+$/.test(method)) {
    throw new TypeError('method must be a method such as POST')
  }
  if (json !== undefined && body !== undefined)
    throw new TypeError('json and body exclude each other')
  if (body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array)) {
    throw new TypeError('body must be a text or a Uint8Array')
  }
  if (method === 'GET' && (json ?? body) !== undefined) throw new TypeError('a GET has no body')
  checkHeaders(headers, overridable)
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs >= 0)) {
    throw new RangeError(`timeoutMs is a number of at least 0, not ${String(timeoutMs)}`)
  }
  if (signal !== undefined && typeof signal?.aborted !== 'boolean') {
    throw new TypeError('signal must be an AbortSignal')
  }
}

function checkPlace(path: string | undefined, url: string | undefined): void {
  // Without white space and control characters, which would end the path early.
  if (path !== undefined && (typeof path !== 'string' || !/^[\x21-\x7e]+$/.test(path))) {
    throw new TypeError('path must be a path such as /kv/txn, escaped')
  }
  if (
    url !== undefined &&
    !(typeof url === 'string' && /^https?:$/.test(parseUrl(url)?.protocol ?? ''))
  ) {
    throw new TypeError('url must be a URL with http or https')
  }
}

/** A URL, if `text` is one. */
function parseUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined
}

/** The path of a request, within a gateway at `prefix`. */
function pathWithin(prefix: string, path: string): string {
  const absolute = path.startsWith('/') ? path : `/${path}`
  const isWithin = absolute === prefix || absolute.startsWith(`${prefix}/`)
  return isWithin ? absolute : prefix + absolute
}

/** What is sent. Throws `TypeError` on JSON that cannot be written. */
function bodyOf({ json, body }: HttpRequestOptions): Uint8Array | string | undefined {
  return json === undefined ? body : encodeUtf8(JSON.stringify(json))
}
