// The header blocks of requests, encoded once for each method and sent as they are.

import type { CallOptions, Method } from '@etcdkit/protocol'
import { encodeHeaders, type HeaderEntry } from '../../http2/hpack/encoder.ts'

/** The API version a client states in `client-api-version`; a server counts calls by it. */
export const clientApiVersion = '3.6'

/** What all requests of a connection have in common. */
export interface RequestHeadersOptions {
  readonly secure: boolean
  readonly authority: string
  readonly userAgent: string
  /** Metadata of every call, names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** Header blocks for one connection and one token. */
export class RequestHeaders {
  readonly #options: RequestHeadersOptions
  readonly #blocks = new Map<Method, Uint8Array>()
  readonly #leaderBlocks = new Map<Method, Uint8Array>()
  #token: string | undefined

  constructor(options: RequestHeadersOptions) {
    this.#options = options
  }

  /** The block of a call. Throws `TypeError` on metadata that cannot be sent. */
  block(method: Method, options: CallOptions | undefined, token: string | undefined): Uint8Array {
    if (token !== this.#token) {
      this.#token = token
      this.#blocks.clear()
      this.#leaderBlocks.clear()
    }
    if (options?.headers !== undefined) return this.#encode(method, options)
    const blocks = options?.requireLeader === true ? this.#leaderBlocks : this.#blocks
    let block = blocks.get(method)
    if (block === undefined) {
      block = this.#encode(method, options)
      blocks.set(method, block)
    }
    return block
  }

  #encode(method: Method, options: CallOptions | undefined): Uint8Array {
    const { secure, authority, userAgent, headers } = this.#options
    const fields: HeaderEntry[] = [
      [':method', 'POST'],
      [':scheme', secure ? 'https' : 'http'],
      [':path', method.path],
      [':authority', authority],
      ['te', 'trailers'],
      ['content-type', 'application/grpc'],
      ['user-agent', userAgent],
      ['client-api-version', clientApiVersion],
    ]
    if (options?.requireLeader === true) fields.push(['hasleader', 'true'])
    if (this.#token !== undefined) fields.push(['token', this.#token, true])
    for (const [name, value] of Object.entries<string>({ ...headers, ...options?.headers })) {
      fields.push([name.toLowerCase(), value])
    }
    return encodeHeaders(fields)
  }
}

const reserved = new Set([
  'te',
  'content-type',
  'connection',
  'host',
  'transfer-encoding',
  'upgrade',
  'keep-alive',
])

/** Checks metadata a caller gave. Throws `TypeError` on a name or value that HTTP/2 or gRPC forbids. */
export function checkHeaders(headers: Readonly<Record<string, string>> | undefined): void {
  if (headers === undefined) return
  if (typeof headers !== 'object' || headers === null)
    throw new TypeError('headers must be an object')
  for (const [name, value] of Object.entries(headers)) {
    if (reserved.has(name.toLowerCase()) || name.startsWith(':') || /^grpc-/i.test(name)) {
      throw new TypeError(`headers: ${JSON.stringify(name)} is set by the transport`)
    }
    if (typeof value !== 'string')
      throw new TypeError(`headers: the value of ${JSON.stringify(name)} must be a text`)
    encodeHeaders([[name.toLowerCase(), value]])
  }
}
