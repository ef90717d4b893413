// A request of HTTP/2 that is no call of gRPC, and its answer.

import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { GatewayExchange } from '../gateway/exchange.ts'
import type { ResetCode } from '../v3/fault.ts'
import { resetCodes } from '../v3/grpc/grpc-call.ts'
import type { Cors } from './cors.ts'

/** One stream of a connection. */
export class Http2Exchange implements GatewayExchange {
  readonly method: string
  readonly url: string
  readonly body: ServerHttp2Stream
  readonly #headers: IncomingHttpHeaders
  readonly #cors: Cors
  #isUnread = false

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, cors: Cors) {
    this.method = headers[':method'] ?? ''
    this.url = headers[':path'] ?? ''
    this.body = stream
    this.#headers = headers
    this.#cors = cors
    // An error is followed by `close`, which says all there is to do.
    stream.on('error', () => {})
  }

  header(name: string): string | undefined {
    const value = this.#headers[name]
    return Array.isArray(value) ? value[0] : value
  }

  respond(status: number, headers: Readonly<Record<string, string>>): void {
    if (this.body.closed || this.body.destroyed || this.body.headersSent) return
    // HTTP/2 knows no such header: the connection is other streams' too.
    const { connection: _, ...own } = headers
    const all = { ':status': status, ...this.#cors.headers(this.header('origin')), ...own }
    this.body.respond(all, { endStream: this.method === 'HEAD' })
  }

  write(text: string): boolean {
    return this.#isOver || this.body.write(text)
  }

  end(text?: string): void {
    if (this.#isOver) return
    this.body.end(text)
    if (this.#isUnread) this.body.once('finish', () => this.reset('no-error'))
  }

  /** Tells the client, after the answer, to send no more. */
  leaveUnread(): void {
    this.#isUnread = true
  }

  whenWritable(run: () => void): void {
    this.body.on('drain', run)
  }

  whenClosed(run: () => void): void {
    this.body.once('close', run)
  }

  reset(code: ResetCode): void {
    if (!this.body.closed) this.body.close(resetCodes[code])
  }

  cut(): void {
    this.body.session?.destroy(undefined, constants.NGHTTP2_INTERNAL_ERROR)
  }

  /** Whether nothing more of a body can be sent; to HEAD, Node has ended it from the start. */
  get #isOver(): boolean {
    return this.body.closed || this.body.destroyed || this.body.writableEnded
  }
}
