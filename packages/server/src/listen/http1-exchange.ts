// A request of HTTP/1.1 and its answer.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GatewayExchange } from '../gateway/exchange.ts'
import type { Cors } from './cors.ts'

/** One exchange of a connection, which may have others after it. */
export class Http1Exchange implements GatewayExchange {
  readonly method: string
  readonly url: string
  readonly body: IncomingMessage
  readonly #response: ServerResponse
  readonly #cors: Cors
  #closed = false
  #isLast = false

  constructor(request: IncomingMessage, response: ServerResponse, cors: Cors) {
    this.method = request.method ?? ''
    this.url = request.url ?? ''
    this.body = request
    this.#response = response
    this.#cors = cors
    // An error is followed by `close`, which says all there is to do.
    request.on('error', () => {})
    response.on('error', () => {})
    response.on('close', () => {
      this.#closed = true
    })
  }

  header(name: string): string | undefined {
    const value = this.body.headers[name]
    return Array.isArray(value) ? value[0] : value
  }

  respond(status: number, headers: Readonly<Record<string, string>>): void {
    if (this.#closed || this.#response.headersSent) return
    this.#response.writeHead(status, {
      ...this.#cors.headers(this.header('origin')),
      ...headers,
      ...(this.#isLast && { connection: 'close' }),
    })
  }

  write(text: string): boolean {
    return this.#closed || this.#response.write(text)
  }

  end(text?: string): void {
    if (!this.#closed) this.#response.end(text)
  }

  leaveUnread(): void {
    this.endConnection()
  }

  /** Has the connection end after the answer. */
  endConnection(): void {
    this.#isLast = true
  }

  whenWritable(run: () => void): void {
    this.#response.on('drain', run)
  }

  whenClosed(run: () => void): void {
    this.#response.once('close', run)
  }

  /** HTTP/1.1 has no other way to end an answer before its time than to end the connection. */
  reset(): void {
    this.cut()
  }

  cut(): void {
    this.body.socket.destroy()
  }
}
