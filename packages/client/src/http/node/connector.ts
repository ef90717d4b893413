// Opens the sockets of a pool: over TCP, or by a unix socket, with TLS where the origin asks for it.

import type { buildConnector } from 'undici'
import type { HttpOrigin } from '../http-client.ts'
import { HttpError } from '../http-error.ts'
import type { NodeHttpOptions } from './node-http-options.ts'
import type { OpeningSockets } from './opening-sockets.ts'
import type { Undici } from './undici-client.ts'

type Connector = buildConnector.connector

/** How connections are opened, and where they are kept in mind meanwhile. */
export interface ConnectorOptions extends NodeHttpOptions {
  readonly opening: OpeningSockets
}

// A dead peer shows itself after this much silence, plus what the system takes to be sure.
const keepAliveProbeMs = 8000

/** How the connections to `origin` are opened. A unix socket that is not there is done without. */
export function createConnector(
  undici: Undici,
  origin: HttpOrigin,
  { tls, connectTimeoutMs, opening }: ConnectorOptions,
): Connector {
  const plain = { timeout: connectTimeoutMs, keepAliveInitialDelay: keepAliveProbeMs }
  const build = (socketPath: string | null): Connector => {
    if (tls === undefined || !origin.url.startsWith('https:')) {
      return opening.tracking(undici.buildConnector({ ...plain, socketPath }))
    }
    return (target, callback) => {
      try {
        const connect = undici.buildConnector({ ...tls(), ...plain, socketPath })
        opening.tracking(connect)(target, callback)
      } catch (error) {
        // A certificate or key that cannot be read or parsed.
        const message = error instanceof Error ? error.message : String(error)
        callback(new HttpError('tls', message, { unsent: true, cause: error }), null)
      }
    }
  }
  const byTcp = build(null)
  if (origin.socketPath === undefined) return byTcp
  const bySocket = build(origin.socketPath)
  return (target, callback) => {
    bySocket(target, (...[error, socket]) => {
      if (error !== null && 'code' in error && error.code === 'ENOENT') byTcp(target, callback)
      else if (error === null) callback(null, socket)
      else callback(error, null)
    })
  }
}
