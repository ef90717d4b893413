// How to reach a cluster by its gateway, checked before any I/O.

import type { Fetch } from '../../http/fetch-client.ts'
import type { EndpointSource } from '../endpoint-source.ts'
import { checkTls, type TlsOptions } from '../tls-options.ts'
import { type AuthOptions, checkAuth } from '../token.ts'
import { parseApiPrefix } from './api-prefix.ts'
import { checkHeaders, isHeaderValue } from './request-headers.ts'

/** How requests over HTTP/1.1 are sent. */
export interface HttpConnectionOptions {
  /** Another `fetch` to send requests by, in place of what the runtime has. */
  readonly fetch?: Fetch | undefined
  /** On Node: TLS for endpoints with `https`, `unixs`, or no scheme at all. */
  readonly tls?: TlsOptions | undefined
  /** On Node: a unix socket that leads to every endpoint. One that is not there is done without. */
  readonly socketPath?: string | undefined
  /** On Node: milliseconds one attempt to connect may take. Default: 3,000. */
  readonly connectTimeoutMs?: number | undefined
  /** On Node: connections to one endpoint for calls; streams, waits and watches have others. Default: 64. */
  readonly connections?: number | undefined
  /** On Node: milliseconds a connection is kept without use. Default: 10,000. */
  readonly keepAliveMs?: number | undefined
}

/** How to reach a cluster by its gateway. */
export interface GatewayTransportOptions extends HttpConnectionOptions {
  /**
   * A list such as `http://a:2379,http://b:2379`, an array, or a source such as `srv('example.com')`. Default:
   * `http://127.0.0.1:2379`.
   */
  readonly endpoints?: string | readonly string[] | EndpointSource | undefined
  /** Who to be. The token is had at the first call, and anew when the server refuses it. */
  readonly auth?: AuthOptions | undefined
  /** Milliseconds a call may take, 0 or `Infinity` for no limit. Default: 5,000. */
  readonly timeoutMs?: number | undefined
  /** Headers of every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The gateway's path: `v3`, `/v3` and `/v3/` are the same. Default: found out from the server's version. */
  readonly apiPrefix?: string | undefined
  /** The largest message to accept, in bytes of JSON. Default: 512 MiB. */
  readonly maxMessageBytes?: number | undefined
  /** Milliseconds of silence on open streams before the endpoint is asked whether it is there. Default: 8,000. */
  readonly probeIntervalMs?: number | undefined
}

const optionNames: ReadonlySet<string> = /* @__PURE__ */ new Set<keyof GatewayTransportOptions>([
  'endpoints',
  'auth',
  'timeoutMs',
  'headers',
  'apiPrefix',
  'maxMessageBytes',
  'probeIntervalMs',
  'fetch',
  'tls',
  'socketPath',
  'connectTimeoutMs',
  'connections',
  'keepAliveMs',
])

const limits = {
  timeoutMs: 0,
  maxMessageBytes: 1,
  probeIntervalMs: 1,
  connectTimeoutMs: 0,
  connections: 1,
  keepAliveMs: 1,
} as const

/** Throws `TypeError` or `RangeError` on what cannot work. */
export function checkOptions(options: GatewayTransportOptions): void {
  for (const name of Object.keys(options)) {
    if (!optionNames.has(name)) throw new TypeError(`there is no option ${JSON.stringify(name)}`)
  }
  const { headers, tls, auth, apiPrefix, fetch, socketPath } = options
  checkHeaders(headers)
  checkTls(tls)
  checkAuth(auth)
  // Without its text, which is a secret.
  if (auth !== undefined && 'token' in auth && !isHeaderValue(auth.token)) {
    throw new TypeError('auth: token must be a text that a header can have')
  }
  if (apiPrefix !== undefined) parseApiPrefix(apiPrefix)
  if (fetch !== undefined && typeof fetch !== 'function') {
    throw new TypeError('fetch must be a function')
  }
  if (socketPath !== undefined && (typeof socketPath !== 'string' || socketPath === '')) {
    throw new TypeError('socketPath must be the path of a socket')
  }
  for (const [name, least] of Object.entries(limits)) {
    // The keys are those of `limits`.
    const value = options[name as keyof typeof limits]
    if (value !== undefined && !(typeof value === 'number' && value >= least)) {
      throw new RangeError(`${name} must be a number of at least ${least}, not ${String(value)}`)
    }
  }
}
