// A stream over gRPC.

import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { statusNumbers } from '@etcdkit/protocol'
import type { Dispatcher } from '../dispatcher.ts'
import type { OpenStream } from '../open-stream.ts'
import type { Route } from '../route.ts'
import type { StreamService } from '../service.ts'
import { type CallStatus, ok, StatusError } from '../status.ts'
import type { StreamWire } from '../wire.ts'
import { frameMessage } from './frame.ts'
import { decodeRequest, GrpcCall, type GrpcHost } from './grpc-call.ts'
import { timeIsUp } from './grpc-timeout.ts'
import { beforeMessages, trailersOf } from './response-headers.ts'

type StreamRoute = Route<StreamService<object, object>>

/** Messages in both directions. Headers go with the first one out. */
export class GrpcStream extends GrpcCall implements StreamWire<object> {
  readonly #route: StreamRoute
  readonly #open: OpenStream
  #responded = false
  #ended = false
  #status: CallStatus = ok

  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    host: GrpcHost,
    { route, dispatcher }: { readonly route: StreamRoute; readonly dispatcher: Dispatcher },
  ) {
    super(stream, headers, host)
    this.#route = route
    stream.on('close', () => {
      this.#ended = true
      this.closed()
      this.#open.gone()
    })
    this.#open = dispatcher.stream(route, this, this)
    stream.on('drain', () => this.#open.writable())
    stream.on('data', (chunk: Buffer) => this.#data(chunk))
    stream.on('end', () => this.#end())
    this.limitTime(() => this.#open.stop(timeIsUp))
  }

  message(message: object): boolean {
    if (this.#ended || this.stream.closed || this.stream.destroyed) return true
    this.#respond()
    this.host.sent()
    return this.stream.write(frameMessage(this.#route.service.method.output, message))
  }

  end(status: CallStatus): void {
    if (this.#ended) return
    this.#ended = true
    this.#status = status
    // What the client still sends is read and forgotten.
    this.stream.resume()
    if (this.#responded) this.stream.end()
    else {
      this.respondWithout(status)
      this.#closeLater()
    }
  }

  resume(): void {
    this.stream.resume()
  }

  #respond(): void {
    if (this.#responded) return
    this.#responded = true
    this.stream.respond(this.responseHeaders, beforeMessages)
    this.stream.on('wantTrailers', () => {
      this.stream.sendTrailers(trailersOf(this.#status))
      this.#closeLater()
    })
  }

  /** Tells a client that has not ended its side to send no more, as grpc-go does; after the status, not in its place. */
  #closeLater(): void {
    setImmediate(() => {
      if (!this.stream.destroyed) this.stream.close(constants.NGHTTP2_NO_ERROR)
    })
  }

  #data(chunk: Uint8Array): void {
    if (this.#ended) return
    const { input } = this.#route.service.method
    try {
      this.reader.push(chunk)
      for (let bytes = this.reader.next(); bytes !== undefined; bytes = this.reader.next()) {
        this.requestBytes = bytes.length
        this.#open.request(decodeRequest(input, bytes, notDecoded))
      }
    } catch (error) {
      this.#open.stop(error)
    }
    if (this.#open.full) this.stream.pause()
  }

  #end(): void {
    if (this.reader.partial) this.#open.stop(cutOff)
    else this.#open.halfClose()
  }
}

const notDecoded = 'failed to unmarshal the received message'
const cutOff = new StatusError({ status: statusNumbers.internal, message: 'unexpected EOF' })
