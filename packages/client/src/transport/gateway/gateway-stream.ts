// A stream of messages. What it sends leaves in one request, before the first answer; what comes is read at the
// reader's pace.

import {
  type CallOptions,
  EtcdError,
  type MessageInit,
  type MessageStream,
  type StreamMethod,
  Watch,
  type WatchRequest,
} from '@etcdkit/protocol'
import type { HttpExchange, HttpReceiver } from '../../http/http-client.ts'
import { MessageQueue, type StreamFailure } from '../message-queue.ts'
import type { Calls } from './calls.ts'
import { AttemptError, type GatewayCall } from './gateway-call.ts'
import type { GatewayEndpoint, OpenStream } from './gateway-endpoint.ts'
import { StreamAttempt } from './stream-attempt.ts'

/** What a stream needs of its transport. */
export interface StreamContext {
  readonly calls: Calls
  readonly maxMessageBytes: number
  /** Throws on what cannot be asked for, before any I/O. */
  check(): void
  /** Sends the request of a stream. */
  post(
    call: GatewayCall,
    target: GatewayEndpoint,
    body: string,
    receiver: HttpReceiver,
  ): HttpExchange
}

// What may be sent before the request leaves.
const maxUnsentBytes = 16 * 1024 * 1024
// What may wait for the reader before the server is stopped.
const highWaterBytes = 1024 * 1024

/** A stream. Begins when the first message has been sent, with all that are sent in the same turn of the event loop. */
export class GatewayStream<I extends object, O extends object>
  implements MessageStream<I, O>, OpenStream
{
  readonly #method: StreamMethod<I, O>
  readonly #context: StreamContext
  readonly #call: GatewayCall
  readonly #queue: MessageQueue<O>
  #unsent: string[] = []
  #unsentBytes = 0
  #state: 'collecting' | 'begun' | 'over' = 'collecting'
  #scheduled = false
  #paused = false
  #lose: (reason: unknown) => void = () => undefined

  constructor(
    context: StreamContext,
    method: StreamMethod<I, O>,
    options: CallOptions | undefined,
  ) {
    this.#context = context
    this.#method = method
    this.#call = context.calls.create(method, options)
    this.#queue = new MessageQueue(
      () => this.#taken(),
      () => this.cancel(),
    )
  }

  /** The token it was opened with. */
  get token(): string | undefined {
    return this.#call.token
  }

  // --- MessageStream ---

  send(message: MessageInit<I>): void {
    if (this.#state === 'over') return
    if (this.#state === 'begun') {
      this.#sentLate(message)
      return
    }
    const text = JSON.stringify(this.#method.input.toJson(message))
    this.#unsent.push(text)
    this.#unsentBytes += text.length
    if (this.#unsentBytes > maxUnsentBytes) {
      const fact = `more than ${maxUnsentBytes} bytes wait for a connection`
      this.cancel(new EtcdError(fact, { code: 'resource-exhausted' }))
    } else this.#schedule()
  }

  end(): void {
    // Nothing was sent, and nothing will be: what has no request has an empty one.
    if (this.#state === 'collecting') this.#schedule()
  }

  cancel(reason?: unknown): void {
    if (this.#state === 'over') return
    this.#finish(reason === undefined ? undefined : { reason })
    this.#call.end(reason)
  }

  [Symbol.asyncIterator](): AsyncIterator<O, undefined> {
    return this.#queue.iterate()
  }

  // --- OpenStream ---

  lose(error: EtcdError): void {
    this.#lose(new AttemptError({ error, unprocessed: false, transient: true }))
  }

  // The first messages are those of one turn: a server may not read on once it has begun to answer.
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => this.#begin())
  }

  #begin(): void {
    if (this.#state !== 'collecting') return
    this.#state = 'begun'
    const body = this.#unsent.join('')
    this.#unsent = []
    this.#run(body === '' ? '{}' : body).then(
      () => this.#finish(undefined),
      (reason: unknown) => this.#finish({ reason }),
    )
  }

  async #run(body: string): Promise<void> {
    const { calls, check } = this.#context
    check()
    const call = this.#call
    await calls.perform(call, 'prefix and token', (target) => this.#attempt(target, body))
  }

  // Lasts as long as the stream does.
  async #attempt(target: GatewayEndpoint, body: string): Promise<void> {
    target.streams.add(this)
    try {
      await this.#call.part<void>((resolve, reject) => {
        const receiver = this.#receiver(target, resolve, reject)
        const exchange = this.#context.post(this.#call, target, body, receiver)
        this.#call.exchange = exchange
        this.#lose = (reason) => {
          exchange.cancel()
          reject(reason)
        }
        return () => exchange.cancel()
      })
    } finally {
      target.streams.delete(this)
    }
  }

  #receiver(
    target: GatewayEndpoint,
    resolve: () => void,
    reject: (reason: unknown) => void,
  ): StreamAttempt<I, O> {
    const { calls, maxMessageBytes } = this.#context
    const call = this.#call
    return new StreamAttempt(this.#method, target.url, {
      maxBytes: maxMessageBytes,
      events: {
        sent: () => this.#method.kind !== 'bidi-streaming' && this.#unlimit(),
        opened: () => {
          this.#unlimit()
          calls.answered(target)
        },
        message: (message, bytes) => {
          target.heardAt = performance.now()
          this.#received(message, bytes)
        },
        ended: resolve,
        failed: (error) => {
          call.exchange?.cancel()
          reject(error)
        },
      },
    })
  }

  // A stream has no limit unless given, but opening it has: until it is confirmed, as watches are at once, or else until
  // it has left, as others may have nothing to tell for long.
  #unlimit(): void {
    const { calls } = this.#context
    if (this.#call.options?.timeoutMs === undefined) calls.unlimit(this.#call)
  }

  #received(message: O, bytes: number): void {
    if (this.#state !== 'begun') return
    this.#queue.push(message, bytes)
    if (this.#paused || this.#queue.bytes <= highWaterBytes) return
    this.#paused = true
    this.#call.exchange?.pause()
  }

  #taken(): void {
    if (!this.#paused || this.#queue.bytes > highWaterBytes / 2) return
    this.#paused = false
    this.#call.exchange?.resume()
  }

  // How far a watch has come cannot be asked for here, and a watch has its stream to itself, which ends with it: both are
  // no reason to end it now. Any other message would be lost in silence.
  #sentLate(message: MessageInit<I>): void {
    // Of `Watch.watch` the messages are these.
    const { createRequest } = message as MessageInit<WatchRequest>
    if (this.#method.path === Watch.watch.path && createRequest === undefined) return
    const fact = 'a gateway takes no more messages on a stream that is open'
    this.cancel(new EtcdError(fact, { code: 'unimplemented' }))
  }

  #finish(failure: StreamFailure | undefined): void {
    if (this.#state === 'over') return
    this.#state = 'over'
    this.#unsent = []
    this.#queue.finish(failure)
  }
}
