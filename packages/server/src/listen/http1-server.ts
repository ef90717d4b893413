// HTTP/1.1 on connections that are handed over.

import { createServer, type Server, type ServerOptions } from 'node:http'
import type { Socket } from 'node:net'
import { answerHttp, type HttpFace } from './http-face.ts'
import { Http1Exchange } from './http1-exchange.ts'

const serverOptions: ServerOptions = {
  // A stream's body may stay open as long as it likes; a call's has a time of its own.
  requestTimeout: 0,
  // As in etcd. A client whose connection ends under a request cannot know what became of it.
  keepAliveTimeout: 0,
  // What Go takes. A value of v2 may stand in the query.
  maxHeaderSize: 1024 ** 2,
}

/** The connections that speak HTTP/1.1. */
export class Http1Server {
  readonly #server: Server
  /** The exchanges under way on each connection. */
  readonly #exchanges = new Map<Socket, Set<Http1Exchange>>()
  readonly #leaving = new WeakSet<Socket>()

  constructor(face: HttpFace) {
    this.#server = createServer(serverOptions, (request, response) => {
      const exchange = new Http1Exchange(request, response, face.cors)
      this.#track(request.socket, exchange)
      answerHttp(face, exchange)
    })
  }

  /** Serves a connection. Its end is the socket's. */
  serve(socket: Socket): void {
    this.#exchanges.set(socket, new Set())
    socket.once('close', () => this.#exchanges.delete(socket))
    this.#server.emit('connection', socket)
  }

  /** Takes no more requests on a connection; ends it when those under way have been answered. */
  leave(socket: Socket): void {
    const exchanges = this.#exchanges.get(socket)
    if (exchanges === undefined) return
    this.#leaving.add(socket)
    for (const exchange of exchanges) exchange.endConnection()
    if (exchanges.size === 0) socket.destroy()
  }

  /** The same on all connections. */
  leaveAll(): void {
    for (const socket of [...this.#exchanges.keys()]) this.leave(socket)
  }

  #track(socket: Socket, exchange: Http1Exchange): void {
    const exchanges = this.#exchanges.get(socket)
    if (exchanges === undefined) return
    exchanges.add(exchange)
    if (this.#leaving.has(socket)) exchange.endConnection()
    exchange.whenClosed(() => {
      exchanges.delete(exchange)
      if (exchanges.size === 0 && this.#leaving.has(socket)) socket.end()
    })
  }
}
