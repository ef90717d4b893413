// A stream over the gateway: requests one after another in the body, results a line each in the answer.

import { timeIsUp } from '../v3/grpc/grpc-timeout.ts'
import type { OpenStream } from '../v3/open-stream.ts'
import type { Route } from '../v3/route.ts'
import type { StreamService } from '../v3/service.ts'
import type { CallStatus } from '../v3/status.ts'
import type { StreamWire } from '../v3/wire.ts'
import type { GatewayExchange } from './exchange.ts'
import { GatewayCall, type GatewayHost, maxTextBytes, resultHeaders } from './gateway-call.ts'
import { JsonValueReader } from './json-value-reader.ts'
import { readRequest } from './read-request.ts'
import { cutOff } from './request-error.ts'

type StreamRoute = Route<StreamService<object, object>>

/** Headers go with the first result, so that an error before it is the answer's status. */
export class GatewayStream extends GatewayCall implements StreamWire<object> {
  readonly #route: StreamRoute
  readonly #reader: JsonValueReader
  readonly #open: OpenStream
  #responded = false
  #ended = false
  /** Requests that were read. */
  #requests = 0
  #halfClosed = false

  constructor(exchange: GatewayExchange, host: GatewayHost, route: StreamRoute) {
    super(exchange, host)
    this.#route = route
    this.#reader = new JsonValueReader(maxTextBytes(host.maxMessageBytes))
    this.#open = host.dispatcher.stream(route, this, this)
    exchange.whenWritable(() => this.#open.writable())
    exchange.body.on('data', (chunk: Uint8Array) => this.#data(chunk))
    exchange.body.on('end', () => this.#end())
    this.limitTime(() => this.#open.stop(timeIsUp))
  }

  message(message: object): boolean {
    if (this.#ended) return true
    const result = JSON.stringify(this.#route.service.method.output.toJson(message))
    if (!this.#responded) this.exchange.respond(200, resultHeaders)
    this.#responded = true
    return this.exchange.write(`{"result":${result}}\n`)
  }

  end(status: CallStatus): void {
    if (this.#ended) return
    this.#ended = true
    // What the client still sends is read and forgotten.
    this.exchange.body.resume()
    const error = status.status === 0 ? undefined : this.host.errors.stream(status)
    if (!this.#responded) this.exchange.respond(error?.status ?? 200, error?.headers ?? {})
    this.exchange.end(error && `${error.body}\n`)
  }

  resume(): void {
    this.exchange.body.resume()
  }

  protected closed(): void {
    this.#ended = true
    this.#open.gone()
  }

  #data(chunk: Uint8Array): void {
    if (this.#ended || this.#halfClosed) return
    try {
      for (const json of this.#reader.push(chunk)) this.#request(json)
    } catch (error) {
      this.#open.stop(error)
    }
    if (this.#open.full) this.exchange.body.pause()
  }

  #request(json: Uint8Array): void {
    if (this.#halfClosed) return
    const { input, kind } = this.#route.service.method
    const { request, bytes } = readRequest(input, json, this.host.maxMessageBytes)
    this.#requests += 1
    this.requestBytes = bytes
    this.#open.request(request)
    if (kind === 'server-streaming') this.#halfClose()
  }

  #end(): void {
    if (this.#ended || this.#halfClosed) return
    const isOneRequest = this.#route.service.method.kind === 'server-streaming'
    if (this.#reader.partial) this.#open.stop(cutOff)
    // As in etcd, no body is an empty request, where there has to be one.
    else if (isOneRequest && this.#requests === 0) this.#request(emptyObject)
    else this.#halfClose()
  }

  #halfClose(): void {
    this.#halfClosed = true
    this.#open.halfClose()
  }
}

const emptyObject = Buffer.from('{}')
