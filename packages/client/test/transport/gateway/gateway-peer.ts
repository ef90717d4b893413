// A gateway that answers as a test tells it, for what a real one would not do on demand.

import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import * as undici from 'undici'
import { UndiciHttpClient } from '../../../src/http/node/undici-client.ts'
import type { GatewayTransportOptions } from '../../../src/transport/gateway/gateway-options.ts'
import { GatewayTransport } from '../../../src/transport/gateway/gateway-transport.ts'
import { type HttpPeer, startPeer } from '../../http/http-peer.ts'

/** A request as the peer got it. */
export interface PeerRequest {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Answers a request. */
export type Answer = (request: PeerRequest, response: ServerResponse) => void

/** A running peer. */
export interface GatewayPeer extends HttpPeer {
  readonly url: string
  /** What it got, oldest first. */
  readonly requests: readonly PeerRequest[]
}

/** Starts a peer that answers every request by `answer`. */
export async function startGatewayPeer(answer: Answer): Promise<GatewayPeer> {
  const requests: PeerRequest[] = []
  const peer = await startPeer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming
      const body = Buffer.concat(chunks).toString()
      const request = { method, path: url, headers, body }
      requests.push(request)
      answer(request, response)
    })
  })
  return Object.assign(peer, { url: peer.origin.url, requests })
}

/** Answers JSON. */
export function answerJson(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** An answer to `Range` with as many keys as `count` says. */
export const rangeOf = (count: number): object => ({ header: { revision: '7' }, count: `${count}` })

/** A transport over undici, with the prefix given unless the test wants it found out. */
export function transportTo(
  endpoints: string | readonly string[],
  options: GatewayTransportOptions = {},
): GatewayTransport {
  const http = new UndiciHttpClient(undici, { connectTimeoutMs: 2000 })
  return new GatewayTransport({ endpoints, apiPrefix: '/v3', ...options }, http)
}
