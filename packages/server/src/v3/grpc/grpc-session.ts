// One HTTP/2 connection: each of its streams a call of gRPC, or of plain HTTP.

import {
  constants,
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2'
import type { Duplex } from 'node:stream'
import type { Connection } from '../connections.ts'
import { type Dispatcher, isStreamRoute } from '../dispatcher.ts'
import type { Route } from '../route.ts'
import type { UnaryService } from '../service.ts'
import type { GrpcHost } from './grpc-call.ts'
import { GrpcStream } from './grpc-stream.ts'
import { GrpcUnary } from './grpc-unary.ts'
import { PingGuard } from './ping-guard.ts'
import { responseHeaders, trailersOf, withoutMessages } from './response-headers.ts'

/** What a connection serves. */
export interface GrpcSessionOptions {
  readonly dispatcher: Dispatcher
  readonly maxMessageBytes: number
  /** Answers what is not gRPC. */
  readonly plain: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void
}

const windowBytes = 1024 * 1024

const sessionOptions: ServerOptions = {
  // As many as there can be; clients of etcd count on it.
  settings: {
    maxConcurrentStreams: 2 ** 32 - 1,
    initialWindowSize: windowBytes,
    enablePush: false,
  },
  // Megabytes, for all streams of a connection together: etcd has no such limit.
  maxSessionMemory: 4096,
  maxOutstandingPings: 100,
}

/** Serves a connection that speaks HTTP/2. Its end is the socket's. */
export class GrpcSession implements GrpcHost, Connection {
  readonly maxMessageBytes: number
  readonly #session: ServerHttp2Session
  readonly #socket: Duplex
  readonly #options: GrpcSessionOptions
  readonly #pings = new PingGuard()
  #calls = 0

  constructor(socket: Duplex, options: GrpcSessionOptions) {
    this.maxMessageBytes = options.maxMessageBytes
    this.#options = options
    this.#socket = socket
    this.#session = performServerHandshake(socket, sessionOptions)
    this.#session.setLocalWindowSize(4 * windowBytes)
    this.#session.on('stream', (stream, headers) => this.#serve(stream, headers))
    this.#session.on('ping', () => this.#ping())
    // What is wrong with a connection ends it; nobody else needs to know.
    this.#session.on('error', () => {})
  }

  cut(): void {
    this.#socket.destroy()
  }

  sent(): void {
    this.#pings.forgive()
  }

  ended(): void {
    this.#calls -= 1
  }

  /** Takes no more calls; ends when those under way have ended. */
  goAway(): void {
    if (!this.#session.closed) this.#session.close()
  }

  #serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const isGrpc = headers['content-type']?.startsWith('application/grpc') ?? false
    if (isGrpc && headers[':method'] === 'POST') this.#call(stream, headers)
    else this.#options.plain(stream, headers)
  }

  #call(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    this.#calls += 1
    const { dispatcher } = this.#options
    const path = headers[':path'] ?? ''
    const route = dispatcher.find(path)
    if (route === undefined) {
      stream.on('error', () => {})
      stream.on('close', () => this.ended())
      const trailers = trailersOf(dispatcher.unserved(path))
      stream.respond({ ...responseHeaders(headers['content-type']), ...trailers }, withoutMessages)
      stream.resume()
    } else if (isStreamRoute(route)) new GrpcStream(stream, headers, this, { route, dispatcher })
    else new GrpcUnary(stream, headers, this, { route: route as UnaryRoute, dispatcher })
  }

  #ping(): void {
    if (!this.#pings.isTooMany(performance.now(), this.#calls > 0)) return
    const reason = Buffer.from('too_many_pings')
    this.#session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, reason)
    this.#session.destroy()
  }
}

// What is no route of streams is one of single answers.
type UnaryRoute = Route<UnaryService<object, object>>
