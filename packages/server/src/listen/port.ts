// One port for everything: HTTP/2 if the client says so first, else HTTP/1.1; over TLS by what both agreed on.

import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import type { Server as HttpServer } from 'node:http'
import { createServer, type ListenOptions, type Server, type Socket } from 'node:net'
import type { Connections } from '../v3/connections.ts'
import { GrpcSession, type GrpcSessionOptions } from '../v3/grpc/grpc-session.ts'
import { type Address, formatAddress } from './address.ts'
import type { ServerTlsOptions } from './options.ts'
import type { PlainSource } from './plain-page.ts'
import { answerStream, createPlainServer } from './plain-server.ts'
import { createSecurer } from './secure.ts'
import { SocketConnection } from './socket-connection.ts'

/** What a port serves. */
export interface PortOptions {
  readonly address: Address
  /** Needed where the address is a secure one. */
  readonly tls: ServerTlsOptions | undefined
  readonly connections: Connections
  readonly plain: PlainSource
  readonly grpc: Omit<GrpcSessionOptions, 'plain'>
}

/** How an HTTP/2 client begins (RFC 9113, section 3.4); no method of HTTP/1.1 begins so. */
const preface = 'PRI'
/** What clients are given, when the port closes, to hear how their calls ended. */
const graceMs = 200

/** A port that listens. */
export class Port {
  readonly #options: PortOptions
  readonly #server: Server
  readonly #http: HttpServer
  readonly #secure: ((raw: Socket) => void) | undefined
  readonly #grpc: GrpcSessionOptions
  readonly #sockets = new Map<Socket, SocketConnection>()
  readonly #plainSockets = new Set<Socket>()
  readonly #sessions = new Set<GrpcSession>()
  #endpoint = ''

  constructor(options: PortOptions) {
    const { address, tls, plain } = options
    this.#options = options
    this.#grpc = {
      ...options.grpc,
      plain: (stream, headers) => answerStream(plain, stream, headers),
    }
    this.#http = createPlainServer(plain)
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket))
    if (!address.secure) return
    if (tls === undefined) {
      throw new TypeError(`Cannot listen on ${formatAddress(address)}: no certificate and key`)
    }
    this.#secure = createSecurer(tls, (socket) => this.#serve(socket, socket.alpnProtocol === 'h2'))
  }

  /** Where it listens; known once it does. */
  get endpoint(): string {
    return this.#endpoint
  }

  /** Begins to listen. Rejects when it cannot. */
  async listen(): Promise<void> {
    const { address } = this.#options
    try {
      this.#server.listen(await resolveHost(address))
      await once(this.#server, 'listening')
    } catch (cause) {
      throw new Error(`Cannot listen on ${formatAddress(address)}: ${factOf(cause)}`, { cause })
    }
    const bound = this.#server.address()
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0
    this.#endpoint = formatAddress('path' in address ? address : { ...address, port })
  }

  /** Takes no more connections, and ends those there are. Calls that have ended are given time to be heard of. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const session of this.#sessions) session.goAway()
    for (const socket of this.#silentSockets()) socket.destroy()
    const grace = setTimeout(() => {
      for (const socket of this.#sockets.keys()) socket.destroy()
    }, graceMs)
    await closed
    clearTimeout(grace)
  }

  #accept(socket: Socket): void {
    // What goes wrong with a socket ends it, and that is all there is to know.
    socket.on('error', () => {})
    const { connections } = this.#options
    if (connections.refusing) {
      socket.destroy()
      return
    }
    const connection = new SocketConnection(socket)
    this.#sockets.set(socket, connection)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      connections.delete(connection)
    })
    connections.add(connection)
    connection.whenThawed(() => {
      if (this.#secure !== undefined) this.#secure(socket)
      else peek(socket, (isHttp2) => this.#serve(socket, isHttp2))
    })
  }

  #serve(socket: Socket, isHttp2: boolean): void {
    if (!isHttp2) {
      this.#plainSockets.add(socket)
      socket.once('close', () => this.#plainSockets.delete(socket))
      this.#http.emit('connection', socket)
      return
    }
    const session = new GrpcSession(socket, this.#grpc)
    this.#sessions.add(session)
    this.#options.connections.add(session)
    socket.once('close', () => {
      this.#sessions.delete(session)
      this.#options.connections.delete(session)
    })
  }

  /** Sockets that nobody waits on to hear anything more. */
  #silentSockets(): Socket[] {
    const frozen = [...this.#sockets].filter(([, connection]) => connection.frozen)
    return [...this.#plainSockets, ...frozen.map(([socket]) => socket)]
  }
}

/** A name can stand for several addresses; as in Go, the one of IPv4 is listened on. */
async function resolveHost(address: Address): Promise<ListenOptions> {
  if ('path' in address) return { path: address.path }
  const { host, port } = address
  if (host === '') return { port }
  return { host: (await lookup(host, { verbatim: false })).address, port }
}

/** Looks at how a client begins, and leaves it unread. */
function peek(socket: Socket, begun: (isHttp2: boolean) => void): void {
  let seen = Buffer.alloc(0)
  const look = (): void => {
    const chunk: Buffer | null = socket.read()
    if (chunk === null) return
    seen = Buffer.concat([seen, chunk])
    const start = seen.toString('latin1', 0, preface.length)
    if (start !== preface && preface.startsWith(start)) return
    socket.off('readable', look)
    socket.unshift(seen)
    begun(start === preface)
  }
  socket.on('readable', look)
}

function factOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  const code = 'code' in cause ? String(cause.code) : ''
  return facts[code] ?? cause.message
}

const facts: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the address is in use',
  EACCES: 'permission denied',
  EADDRNOTAVAIL: 'the address is not of this machine',
  ENOTFOUND: 'the host is not known',
}
