// How to reach a cluster over gRPC, checked before any I/O.

import type { EndpointSource } from '../endpoint-source.ts'
import { checkTls, type TlsOptions } from '../tls.ts'
import { type AuthOptions, checkAuth } from '../token.ts'
import { checkHeaders } from './request-headers.ts'

/** How to reach a cluster over gRPC. */
export interface GrpcTransportOptions {
  /**
   * A list such as `http://a:2379,http://b:2379`, an array, or a source such as `srv('example.com')`. Default:
   * `http://127.0.0.1:2379`.
   */
  readonly endpoints?: string | readonly string[] | EndpointSource | undefined
  /** TLS for endpoints with `https`, `unixs`, or no scheme at all. */
  readonly tls?: TlsOptions | undefined
  /** Who to be. The token is had at the first call, and anew when the server refuses it. */
  readonly auth?: AuthOptions | undefined
  /** Milliseconds a unary call may take, 0 or `Infinity` for no limit. Default: 5,000. */
  readonly timeoutMs?: number | undefined
  /** Milliseconds one attempt to connect may take. Default: 3,000. */
  readonly connectTimeoutMs?: number | undefined
  /** Metadata of every call. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The largest message to accept, in bytes. Default: 512 MiB. */
  readonly maxMessageBytes?: number | undefined
  /** Milliseconds of silence before a PING, while calls are open. Default 8,000; at least 5,000. */
  readonly pingIntervalMs?: number | undefined
  /** Milliseconds a PING may stay unanswered. Default: 4,000. */
  readonly pingTimeoutMs?: number | undefined
  /** The `user-agent` of every call. Default: `etcdkit`. */
  readonly userAgent?: string | undefined
}

const optionNames: ReadonlySet<string> = new Set<keyof GrpcTransportOptions>([
  'endpoints',
  'tls',
  'auth',
  'timeoutMs',
  'connectTimeoutMs',
  'headers',
  'maxMessageBytes',
  'pingIntervalMs',
  'pingTimeoutMs',
  'userAgent',
])

const limitNames = ['timeoutMs', 'connectTimeoutMs', 'maxMessageBytes', 'pingTimeoutMs'] as const

/** Throws `TypeError` or `RangeError` on what cannot work, before any I/O. The endpoints are for others to check. */
export function checkOptions(options: GrpcTransportOptions): void {
  for (const name of Object.keys(options)) {
    if (!optionNames.has(name)) throw new TypeError(`there is no option ${JSON.stringify(name)}`)
  }
  checkHeaders(options.headers)
  checkTls(options.tls)
  checkAuth(options.auth)
  for (const name of limitNames) {
    const value = options[name]
    if (value !== undefined && !(typeof value === 'number' && value >= 0)) {
      throw new RangeError(`${name} must be a number of at least 0, not ${String(value)}`)
    }
  }
  const { pingIntervalMs } = options
  if (pingIntervalMs !== undefined && !(pingIntervalMs >= 5000)) {
    throw new RangeError(
      'pingIntervalMs must be at least 5000: etcd cuts connections that ping more often',
    )
  }
}
