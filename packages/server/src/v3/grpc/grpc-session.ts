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
import { statusNumbers } from '@etcdkit/protocol'
import type { Connection } from '../connections.ts'
import { type Dispatcher, isStreamRoute } from '../dispatcher.ts'
import type { Route } from '../route.ts'
import type { UnaryService } from '../service.ts'
import type { CallStatus } from '../status.ts'
import type { GrpcHost } from './grpc-call.ts'
import { GrpcStream } from './grpc-stream.ts'
import { parseTimeoutMs, timeIsUp } from './grpc-timeout.ts'
import { GrpcUnary } from './grpc-unary.ts'
import { PingGuard } from './ping-guard.ts'
import { responseHeaders, trailersOf, withoutMessages } from './response-headers.ts'

/** What a connection serves. */
export interface GrpcSessionOptions {
  readonly dispatcher: Dispatcher
  readonly maxMessageBytes: number
  /** The common name in the certificate that the client had to show. */
  readonly commonName?: string | undefined
  /** Answers what is not gRPC. */
  readonly plain: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void
}

const windowBytes = 1024 * 1024

/** Options that Node has from 22.20 on, and its types do not. */
interface ResetLimits {
  readonly streamResetBurst: number
  readonly streamResetRate: number
}

const sessionOptions: ServerOptions & ResetLimits = {
  // As many as there can be; clients of etcd count on it.
  settings: {
    maxConcurrentStreams: 2 ** 32 - 1,
    initialWindowSize: windowBytes,
    enablePush: false,
  },
  // Megabytes, for all streams of a connection together: of whoever does not read no more calls are taken then. etcd has
  // no such limit.
  maxSessionMemory: 1024,
  maxOutstandingPings: 100,
  // Clients may cancel as many calls as they like. Without the options, a connection ends after some thousand a minute.
  streamResetBurst: 1e9,
  streamResetRate: 1e9,
}

/** Serves a connection that speaks HTTP/2. Its end is the socket's. */
export class GrpcSession implements GrpcHost, Connection {
  readonly maxMessageBytes: number
  readonly commonName: string | undefined
  readonly #session: ServerHttp2Session
  readonly #socket: Duplex
  readonly #options: GrpcSessionOptions
  readonly #pings = new PingGuard()
  #calls = 0

  constructor(socket: Duplex, options: GrpcSessionOptions) {
    this.maxMessageBytes = options.maxMessageBytes
    this.commonName = options.commonName
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
    const timeout = headers['grpc-timeout']
    const timeoutMs =
      typeof timeout === 'string' ? parseTimeoutMs(timeout) : Number.POSITIVE_INFINITY
    if (timeoutMs === undefined) this.#refuse(stream, headers, malformedTimeout)
    else if (timeoutMs === 0) this.#refuse(stream, headers, timeIsUp.status)
    else if (route === undefined) this.#refuse(stream, headers, dispatcher.unserved(path))
    else if (isStreamRoute(route)) new GrpcStream(stream, headers, this, { route, dispatcher })
    else new GrpcUnary(stream, headers, this, { route: route as UnaryRoute, dispatcher })
  }

  #refuse(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, status: CallStatus): void {
    stream.on('error', () => {})
    stream.on('close', () => this.ended())
    const response = { ...responseHeaders(headers['content-type']), ...trailersOf(status) }
    if (status === malformedTimeout) response[':status'] = 400
    stream.respond(response, withoutMessages)
    stream.resume()
  }

  #ping(): void {
    if (!this.#pings.isTooMany(performance.now(), this.#calls > 0)) return
    const reason = Buffer.from('too_many_pings')
    this.#session.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM, 0, reason)
    this.#session.destroy()
  }
}

const malformedTimeout: CallStatus = {
  status: statusNumbers.internal,
  message: 'malformed grpc-timeout',
}

// What is no route of streams is one of single answers.
type UnaryRoute = Route<UnaryService<object, object>>
