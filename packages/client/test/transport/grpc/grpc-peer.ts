// The server's half of gRPC over a scripted peer: messages with their prefix, answers, and a transport that talks to it.

import { KV, RangeResponse } from '@etcdkit/protocol'
import type { HeaderEntry } from '../../../src/http2/hpack/encoder.ts'
import type { GrpcTransportOptions } from '../../../src/transport/grpc/grpc-options.ts'
import { GrpcTransport } from '../../../src/transport/grpc/grpc-transport.ts'
import { dataFrame, headersFrame } from '../../http2/frames.ts'
import {
  type AcceptOptions,
  type ScriptedConnection,
  ScriptedPeer,
} from '../../http2/scripted-peer.ts'
import { within } from '../../http2/within.ts'

/** The headers of a gRPC response. */
export const grpcHeaders: readonly HeaderEntry[] = [
  [':status', '200'],
  ['content-type', 'application/grpc'],
]

/** The trailers of a gRPC response. */
export function grpcTrailers(status = '0', message = ''): HeaderEntry[] {
  return [
    ['grpc-status', status],
    ['grpc-message', message],
  ]
}

/** A message with gRPC's prefix. */
export function framed(message: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5)
  prefix[0] = flag
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

/** A response of a range that says just how many entries there are. */
export function countMessage(count: number): Buffer {
  return Buffer.from(RangeResponse.encode({ count }))
}

/** The body of such a response. */
export function countBody(count: number): Buffer {
  return framed(countMessage(count))
}

/** Sends a whole answer: headers, a body in one DATA frame, trailers. */
export function answer(
  server: ScriptedConnection,
  streamId: number,
  body: Uint8Array,
  trailers: readonly HeaderEntry[] = grpcTrailers(),
): void {
  server.send(
    headersFrame(streamId, server.block(grpcHeaders)),
    dataFrame(streamId, body),
    headersFrame(streamId, server.block(trailers), { end: true }),
  )
}

/** Ends a stream by headers alone. */
export function refuse(
  server: ScriptedConnection,
  streamId: number,
  status: string,
  message = '',
): void {
  server.headers(streamId, [...grpcHeaders, ...grpcTrailers(status, message)], { end: true })
}

/** What a test may say of its transport. */
export interface GrpcPeerOptions extends AcceptOptions {
  readonly transport?: GrpcTransportOptions
}

/** A transport and the peer it talks to. */
export class GrpcPeer implements AsyncDisposable {
  readonly peer: ScriptedPeer
  readonly transport: GrpcTransport
  readonly #accept: AcceptOptions

  private constructor(peer: ScriptedPeer, options: GrpcPeerOptions) {
    this.peer = peer
    this.#accept = options
    this.transport = new GrpcTransport({ endpoints: peer.endpoint, ...options.transport })
  }

  static async listen(options: GrpcPeerOptions = {}): Promise<GrpcPeer> {
    return new GrpcPeer(await ScriptedPeer.listen(), options)
  }

  /** The next connection of the transport. */
  accept(): Promise<ScriptedConnection> {
    return this.peer.accept(this.#accept)
  }

  /** A transport whose connection is up: one call has been answered, so that the next stream is 3. */
  async warm(): Promise<ScriptedConnection> {
    const call = this.transport.unary(KV.range, {}, { timeoutMs: 10_000 })
    const server = await this.accept()
    const { streamId } = await server.expect('HEADERS')
    await server.expect('DATA')
    answer(server, streamId, countBody(0))
    await call
    return server
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await within(this.transport.close(), 'the end of the transport')
    await this.peer[Symbol.asyncDispose]()
  }
}
