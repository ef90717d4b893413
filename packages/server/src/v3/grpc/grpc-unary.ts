// A call with one answer over gRPC.

import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { statusNumbers } from '@etcdkit/protocol'
import type { Dispatcher } from '../dispatcher.ts'
import type { Route } from '../route.ts'
import type { UnaryService } from '../service.ts'
import { StatusError, statusOfError } from '../status.ts'
import type { UnaryWire } from '../wire.ts'
import { frameMessage } from './frame.ts'
import { decodeRequest, GrpcCall, type GrpcHost } from './grpc-call.ts'
import { timeIsUp } from './grpc-timeout.ts'
import { beforeMessages, okTrailers } from './response-headers.ts'

type UnaryRoute = Route<UnaryService<object, object>>

/** Answered as soon as its message is complete. */
export class GrpcUnary extends GrpcCall implements UnaryWire<object> {
  readonly #route: UnaryRoute
  readonly #dispatcher: Dispatcher
  /** Whether the request was read, or cannot be. */
  #read = false
  #answered = false

  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    host: GrpcHost,
    { route, dispatcher }: { readonly route: UnaryRoute; readonly dispatcher: Dispatcher },
  ) {
    super(stream, headers, host)
    this.#route = route
    this.#dispatcher = dispatcher
    stream.on('data', (chunk: Buffer) => this.#data(chunk))
    stream.on('end', () => this.#end())
    stream.on('close', () => this.closed())
  }

  answer(message: object): void {
    const { stream } = this
    if (this.#answered || stream.closed || stream.destroyed) return
    const bytes = frameMessage(this.#route.service.method.output, message)
    this.#answered = true
    this.host.sent()
    stream.respond(this.responseHeaders, beforeMessages)
    stream.on('wantTrailers', sendOkTrailers)
    stream.end(bytes)
  }

  fail(error: unknown): void {
    if (this.#answered) return
    this.#answered = true
    this.respondWithout(statusOfError(error))
  }

  #data(chunk: Uint8Array): void {
    if (this.#read) return
    try {
      this.reader.push(chunk)
      const bytes = this.reader.next()
      if (bytes !== undefined) this.#serve(bytes)
    } catch (error) {
      this.#read = true
      this.fail(error)
    }
  }

  #serve(bytes: Uint8Array): void {
    this.#read = true
    this.requestBytes = bytes.length
    const request = decodeRequest(this.#route.service.method.input, bytes, notDecoded)
    this.#dispatcher.unary({ route: this.#route, request, context: this, wire: this })
    // Most are answered by now, and need no timer.
    if (!this.#answered) this.limitTime(() => this.fail(timeIsUp))
  }

  #end(): void {
    if (this.#read) return
    this.#read = true
    this.fail(this.reader.partial ? cutOff : noRequest)
  }
}

const notDecoded = 'error unmarshalling request'
// What grpc-go says of a body that ends too soon.
const noRequest = new StatusError({ status: statusNumbers.unknown, message: 'EOF' })
const cutOff = new StatusError({ status: statusNumbers.unknown, message: 'unexpected EOF' })

function sendOkTrailers(this: ServerHttp2Stream): void {
  this.sendTrailers(okTrailers)
}
