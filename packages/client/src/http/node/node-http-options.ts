// The connections that only Node can be asked for.

import type { ConnectionOptions } from 'node:tls'

/** What of Node's options for TLS is used. */
export type TlsSettings = Pick<
  ConnectionOptions,
  'ca' | 'cert' | 'key' | 'passphrase' | 'servername' | 'rejectUnauthorized'
>

/** How to connect. */
export interface NodeHttpOptions {
  /** Node's options of TLS, asked for at every connection, so that renewed certificates are used. */
  readonly tls?: (() => TlsSettings) | undefined
  /** What only undici can do of what was asked for, such as `the option tls`; `undefined`: nothing. */
  readonly needsUndici?: string | undefined
  /** Milliseconds one attempt to connect may take. */
  readonly connectTimeoutMs: number
  /** Connections to one origin for short requests; further requests wait. Default: 64. */
  readonly connections?: number | undefined
  /** Milliseconds a connection is kept without use, unless the server says otherwise. Default: 10,000. */
  readonly keepAliveMs?: number | undefined
}
