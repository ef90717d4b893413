// A call with one answer over the gateway.

import { statusNumbers } from '@etcdkit/protocol'
import { sendAnswer } from '../http/answer.ts'
import { timeIsUp } from '../v3/grpc/grpc-timeout.ts'
import type { Route } from '../v3/route.ts'
import type { UnaryService } from '../v3/service.ts'
import { StatusError, statusOfError } from '../v3/status.ts'
import type { UnaryWire } from '../v3/wire.ts'
import type { GatewayExchange } from './exchange.ts'
import { GatewayCall, type GatewayHost, maxTextBytes, resultHeaders } from './gateway-call.ts'
import { JsonValueReader } from './json-value-reader.ts'
import { readRequest } from './read-request.ts'
import { cutOff } from './request-error.ts'

type UnaryRoute = Route<UnaryService<object, object>>

/** Answered as soon as its request is complete; what follows in the body is read and forgotten. */
export class GatewayUnary extends GatewayCall implements UnaryWire<object> {
  readonly #route: UnaryRoute
  readonly #reader: JsonValueReader
  readonly #bodyTimer: ReturnType<typeof setTimeout>
  /** Whether the request was read, or cannot be. */
  #read = false
  #answered = false

  constructor(exchange: GatewayExchange, host: GatewayHost, route: UnaryRoute) {
    super(exchange, host)
    this.#route = route
    this.#reader = new JsonValueReader(maxTextBytes(host.maxMessageBytes))
    this.#bodyTimer = setTimeout(() => {
      exchange.leaveUnread()
      this.#refuse(tooSlow)
    }, host.bodyTimeoutMs)
    exchange.body.on('data', (chunk: Uint8Array) => this.#data(chunk))
    exchange.body.on('end', () => this.#end())
  }

  answer(message: object): void {
    if (this.#answered) return
    this.#answered = true
    // The service of the method answers with its message.
    const json = this.#route.service.method.output.toJson(message)
    sendAnswer(this.exchange, { status: 200, headers: resultHeaders, body: JSON.stringify(json) })
  }

  fail(error: unknown): void {
    if (this.#answered) return
    this.#answered = true
    sendAnswer(this.exchange, this.host.errors.call(statusOfError(error)))
  }

  protected closed(): void {
    clearTimeout(this.#bodyTimer)
    this.#read = true
    this.#answered = true
  }

  #data(chunk: Uint8Array): void {
    if (this.#read) return
    try {
      const { done, value: json } = this.#reader.push(chunk).next()
      if (done !== true) this.#serve(json)
    } catch (error) {
      this.#refuse(error)
    }
  }

  /** As in etcd, no body is an empty request. */
  #end(): void {
    if (this.#read) return
    if (this.#reader.partial) this.#refuse(cutOff)
    else this.#serve(emptyObject)
  }

  #serve(json: Uint8Array): void {
    this.#stopReading()
    const { input } = this.#route.service.method
    try {
      const { request, bytes } = readRequest(input, json, this.host.maxMessageBytes)
      this.requestBytes = bytes
      this.host.dispatcher.unary({ route: this.#route, request, context: this, wire: this })
    } catch (error) {
      this.fail(error)
    }
    // Most are answered by now, and need no timer.
    if (!this.#answered) this.limitTime(() => this.fail(timeIsUp))
  }

  #refuse(error: unknown): void {
    this.#stopReading()
    this.fail(error)
  }

  #stopReading(): void {
    this.#read = true
    clearTimeout(this.#bodyTimer)
  }
}

const emptyObject = Buffer.from('{}')
const tooSlow = new StatusError({
  status: statusNumbers['deadline-exceeded'],
  message: 'the request did not come in time',
})
