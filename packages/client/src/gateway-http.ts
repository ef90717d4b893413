// What sends the gateway's requests where there is nothing but `fetch`: browsers, workers, Deno, Bun.

import { FetchHttpClient } from './http/fetch-client.ts'
import type { HttpClient } from './http/http-client.ts'
import type { GatewayTransportOptions } from './transport/gateway/gateway-options.ts'

const nodeOptions = ['tls', 'socketPath', 'connectTimeoutMs', 'connections', 'keepAliveMs'] as const

/** Makes it. Throws `TypeError` on options that only Node has. */
export function createHttpClient(options: GatewayTransportOptions): HttpClient {
  const name = nodeOptions.find((each) => options[each] !== undefined)
  if (name !== undefined) {
    throw new TypeError(`the option ${name} is for Node: elsewhere connections are the runtime's`)
  }
  return new FetchHttpClient(options.fetch)
}
