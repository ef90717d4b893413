// How to reach a cluster by its v2 API, checked before any I/O.

import type { EndpointSource } from '../transport/endpoint-source.ts'
import {
  checkOptions,
  type GatewayTransportOptions,
  type HttpConnectionOptions,
} from '../transport/gateway/gateway-options.ts'
import { checkTtl } from './verb-options.ts'

/** How to reach a cluster by its v2 API, and as whom. */
export interface V2Options extends HttpConnectionOptions {
  /**
   * A list such as `http://a:2379,http://b:2379`, an array, or a source such as `discovery(url)`. Default:
   * `http://127.0.0.1:2379`; etcd before 2.0 listened on port 4001.
   */
  readonly endpoints?: string | readonly string[] | EndpointSource | undefined
  /** Who to be, by Basic auth. Without it one is etcd's `guest`. */
  readonly auth?: { readonly username: string; readonly password: string } | undefined
  /** Put before every key. Default: none. Keys are told without it. */
  readonly prefix?: string | undefined
  /** The time to live of what is written without one, in seconds; -1: none. Default: -1. */
  readonly ttlSeconds?: number | undefined
  /** Milliseconds a call may take, 0 or `Infinity` for no limit. Default: 5,000. */
  readonly timeoutMs?: number | undefined
  /** Headers of every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The largest answer to accept, in bytes. Default: 512 MiB. */
  readonly maxMessageBytes?: number | undefined
  /** Milliseconds between two `refreshHosts`, the first after one. Default: 0, none: servers may tell of addresses that cannot be reached from here. */
  readonly refreshIntervalMs?: number | undefined
  /** Where etcd 0.4 has its admin API: the peers' addresses. Default: port 7001 of the endpoints' hosts. */
  readonly adminEndpoints?: string | readonly string[] | undefined
}

/** What of the options is about connections, as the gateway takes it. Throws `TypeError` or `RangeError` on what cannot be. */
export function connectionOptionsOf(options: V2Options): GatewayTransportOptions {
  const { prefix, ttlSeconds, refreshIntervalMs, adminEndpoints: _, ...connection } = options
  checkOptions(connection)
  if (options.auth !== undefined && !('username' in options.auth)) {
    throw new TypeError('auth must have username and password: the v2 API has no tokens')
  }
  if (options.auth?.username.includes(':') === true) {
    throw new TypeError('auth: a username for Basic auth cannot have a colon in it')
  }
  if (prefix !== undefined && typeof prefix !== 'string') {
    throw new TypeError('prefix must be a text')
  }
  if (ttlSeconds !== undefined && ttlSeconds !== -1) checkTtl(ttlSeconds)
  if (
    refreshIntervalMs !== undefined &&
    !(typeof refreshIntervalMs === 'number' && refreshIntervalMs >= 0)
  ) {
    throw new RangeError('refreshIntervalMs must be a number of at least 0')
  }
  return connection
}
