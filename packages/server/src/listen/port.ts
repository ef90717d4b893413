// One port for everything: HTTP/2 if the client says so first, else HTTP/1.1; over TLS by what both agreed on.

import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { createServer, type ListenOptions, type Server, type Socket } from 'node:net'
import type { Connections } from '../v3/connections.ts'
import { GrpcSession, type GrpcSessionOptions } from '../v3/grpc/grpc-session.ts'
import { type Address, formatAddress } from './address.ts'
import { answerHttp, type HttpFace } from './http-face.ts'
import { Http1Server } from './http1-server.ts'
import { Http2Exchange } from './http2-exchange.ts'
import { lenientAuthority } from './lenient-authority.ts'
import { type Opening, peek } from './opening.ts'
import type { ServerTlsOptions } from './options.ts'
import { commonNameOf, createSecurer } from './secure.ts'
import { SocketConnection } from './socket-connection.ts'

/** What a port serves. */
export interface PortOptions {
  readonly address: Address
  /** Needed where the address is a secure one. */
  readonly tls: ServerTlsOptions | undefined
  readonly connections: Connections
  readonly http: HttpFace
  readonly grpc: Omit<GrpcSessionOptions, 'plain'>
}

/** What clients are given, when the port closes, to hear how their calls ended. */
const graceMs = 200

/** A port that listens. */
export class Port {
  readonly #options: PortOptions
  readonly #server: Server
  readonly #http: Http1Server
  readonly #secure: ((raw: Socket) => void) | undefined
  readonly #grpc: GrpcSessionOptions
  readonly #sockets = new Map<Socket, SocketConnection>()
  readonly #sessions = new Set<GrpcSession>()
  #endpoint = ''

  constructor(options: PortOptions) {
    const { address, tls, http } = options
    this.#options = options
    this.#grpc = {
      ...options.grpc,
      plain: (stream, headers) => answerHttp(http, new Http2Exchange(stream, headers, http.cors)),
    }
    this.#http = new Http1Server(http)
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket))
    if (!address.secure) return
    if (tls === undefined) {
      throw new TypeError(`Cannot listen on ${formatAddress(address)}: no certificate and key`)
    }
    this.#secure = createSecurer(tls, (socket) => {
      if (socket.alpnProtocol === 'h2') peek(socket, (opening) => this.#serve(socket, opening))
      else this.#serve(socket, 'http1')
    })
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
    this.#http.leaveAll()
    for (const [socket, { frozen }] of this.#sockets) if (frozen) socket.destroy()
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
      else peek(socket, (opening) => this.#serve(socket, opening))
    })
  }

  #serve(socket: Socket, opening: Opening): void {
    if (opening === 'http1') {
      this.#serveHttp1(socket)
      return
    }
    const { tls } = this.#options
    const commonName = tls?.clientCertAuth ? commonNameOf(socket) : undefined
    const stream = opening === 'http2-of-go' ? lenientAuthority(socket) : socket
    const session = new GrpcSession(stream, { ...this.#grpc, commonName })
    this.#sessions.add(session)
    this.#options.connections.add(session)
    socket.once('close', () => {
      this.#sessions.delete(session)
      this.#options.connections.delete(session)
    })
  }

  #serveHttp1(socket: Socket): void {
    const { connections } = this.#options
    const connection = { cut: () => socket.destroy(), goAway: () => this.#http.leave(socket) }
    connections.add(connection)
    socket.once('close', () => connections.delete(connection))
    this.#http.serve(socket)
  }
}

/** A name can stand for several addresses; as in Go, the one of IPv4 is listened on. */
async function resolveHost(address: Address): Promise<ListenOptions> {
  if ('path' in address) return { path: address.path }
  const { host, port } = address
  if (host === '') return { port }
  return { host: (await lookup(host, { verbatim: false })).address, port }
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
