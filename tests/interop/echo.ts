// A gRPC service on `node:http2` that gives back what it gets: unary, and as a stream.

import { once } from 'node:events'
import {
  createSecureServer,
  createServer,
  type Http2Server,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { MessageType, StreamMethod, UnaryMethod } from '@etcdkit/protocol'

/** Bytes, and nothing else. */
export interface Echo {
  readonly bytes: Uint8Array
}

/** A message that is its bytes, without protobuf. */
const echoType: MessageType<Echo> = {
  typeName: 'test.Echo',
  retainsBytes: true,
  create: (init) => ({ bytes: init?.bytes ?? new Uint8Array(0) }),
  encode: ({ bytes }) => Uint8Array.from(bytes ?? []),
  write: (writer, { bytes }) => writer.raw(bytes ?? new Uint8Array(0)),
  decode: (bytes) => ({ bytes }),
  toJson: () => ({}),
  fromJson: () => ({ bytes: new Uint8Array(0) }),
}

const common = {
  service: 'test.Echo',
  gatewayPaths: [],
  input: echoType,
  output: echoType,
} as const

/** One message out, the same one in. */
export const echoUnary: UnaryMethod<Echo, Echo> = {
  ...common,
  name: 'Unary',
  path: '/test.Echo/Unary',
  kind: 'unary',
  retry: 'repeatable',
}

/** Each message out comes back. */
export const echoStream: StreamMethod<Echo, Echo> = {
  ...common,
  name: 'Stream',
  path: '/test.Echo/Stream',
  kind: 'bidi-streaming',
  retry: 'stream',
}

/** How the server is to be. */
export interface EchoServerOptions {
  readonly settings?: ServerOptions['settings']
  readonly tls?: SecureServerOptions
  /** A unix socket instead of a port. */
  readonly path?: string
  /** Answers a call in the place of the echo. */
  readonly answer?: (stream: ServerHttp2Stream) => void
}

/** A running echo server. */
export class EchoServer implements AsyncDisposable {
  readonly server: Http2Server
  readonly sessions = new Set<ServerHttp2Session>()
  /** Connections there have been. */
  connections = 0
  readonly #options: EchoServerOptions

  private constructor(options: EchoServerOptions) {
    const { settings = {}, tls } = options
    this.#options = options
    this.server =
      tls === undefined ? createServer({ settings }) : createSecureServer({ settings, ...tls })
    this.server.on('session', (session) => {
      this.connections++
      this.sessions.add(session)
      session.once('close', () => this.sessions.delete(session))
      session.on('error', () => {})
    })
    this.server.on('stream', (stream: ServerHttp2Stream) => {
      stream.on('error', () => {})
      if (options.answer === undefined) echo(stream)
      else options.answer(stream)
    })
    // A client that does not like our certificate says so and goes.
    this.server.on('tlsClientError', () => {})
  }

  static async listen(options: EchoServerOptions = {}): Promise<EchoServer> {
    const server = new EchoServer(options)
    if (options.path === undefined) server.server.listen(0, '127.0.0.1')
    else server.server.listen(options.path)
    await once(server.server, 'listening')
    return server
  }

  get port(): number {
    // A server that listens on a port has an address of this form.
    return (this.server.address() as AddressInfo).port
  }

  get endpoint(): string {
    const { path, tls } = this.#options
    if (path !== undefined) return `${tls === undefined ? 'unix' : 'unixs'}:${path}`
    return `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${this.port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.server, 'close')
    this.server.close()
    for (const session of this.sessions) session.destroy()
    await closed
  }
}

/** Answers by sending back the body as it comes, and OK. */
export function echo(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
  stream.pipe(stream)
}
