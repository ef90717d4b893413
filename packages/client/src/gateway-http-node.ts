// What sends the gateway's requests on Node: undici where it is installed, else `fetch`.

import { createHttpClient as createFetchClient } from './gateway-http.ts'
import type { HttpClient } from './http/http-client.ts'
import { type LoadUndici, NodeHttpClient } from './http/node/node-http-client.ts'
import type { GatewayTransportOptions } from './transport/gateway/gateway-options.ts'
import { connectionOptions } from './transport/tls.ts'

const defaultConnectTimeoutMs = 3000
const undiciOptions = [
  'tls',
  'socketPath',
  'connectTimeoutMs',
  'connections',
  'keepAliveMs',
] as const

/** Makes it. `load` brings undici. Throws `TypeError` on options that do not go with the option `fetch`. */
export function createHttpClient(options: GatewayTransportOptions, load?: LoadUndici): HttpClient {
  if (options.fetch !== undefined) return createFetchClient(options)
  const { tls, connectTimeoutMs = defaultConnectTimeoutMs, connections, keepAliveMs } = options
  const name = undiciOptions.find((each) => options[each] !== undefined)
  return new NodeHttpClient(
    {
      tls: tls && (() => connectionOptions(tls)),
      needsUndici: name && `the option ${name}`,
      connectTimeoutMs,
      connections,
      keepAliveMs,
    },
    load,
  )
}
