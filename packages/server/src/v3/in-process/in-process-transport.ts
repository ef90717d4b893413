// A way to a server's services without a socket, by the seam that clients have for all their wires.

import {
  type CallOptions,
  type MessageInit,
  type MessageStream,
  type StreamMethod,
  statusNumbers,
  type Transport,
  type UnaryMethod,
} from '@etcdkit/protocol'
import type { Connection, Connections } from '../connections.ts'
import { type Dispatcher, isStreamRoute } from '../dispatcher.ts'
import type { Route } from '../route.ts'
import type { UnaryService } from '../service.ts'
import { type Breakage, brokenError, statusError } from './call-errors.ts'
import type { CallOwner, InProcessCall } from './in-process-call.ts'
import { InProcessStream } from './in-process-stream.ts'
import { InProcessUnary } from './in-process-unary.ts'

/** What a transport reaches. */
export interface InProcessHost {
  readonly dispatcher: Dispatcher
  readonly connections: Connections
  /** Largest message a client may send, in bytes. */
  readonly maxMessageBytes: number
  /** Whether the server is closed. */
  readonly closed: boolean
}

/** Calls of one client. */
export class InProcessTransport implements Transport, Connection, CallOwner {
  readonly fullDuplex = true
  readonly #host: InProcessHost
  /** Calls that wait. While there are any this is a connection of the server. */
  readonly #calls = new Set<InProcessCall>()
  #closed = false

  constructor(host: InProcessHost) {
    this.#host = host
  }

  unary<I extends object, O extends object>(
    method: UnaryMethod<I, O>,
    request: MessageInit<I>,
    options?: CallOptions,
  ): Promise<O> {
    return new Promise((resolve, reject) => {
      const broken = this.#broken(method, options)
      if (broken !== undefined) {
        reject(broken.reason)
        return
      }
      const call = new InProcessUnary(this, method, options, { resolve, reject })
      call.start(request, (message) => this.#serve(call, message))
    })
  }

  stream<I extends object, O extends object>(
    method: StreamMethod<I, O>,
    options?: CallOptions,
  ): MessageStream<I, O> {
    const stream = new InProcessStream(this, method, options)
    const broken = this.#broken(method, options)
    if (broken !== undefined) {
      stream.cancel(broken.reason)
      return stream
    }
    const { dispatcher } = this.#host
    const route = dispatcher.find(method.path)
    if (route === undefined || !isStreamRoute(route)) {
      stream.cancel(statusError(method, dispatcher.unserved(method.path)))
    } else stream.start(() => dispatcher.stream(route, stream, stream.wire))
    return stream
  }

  close(): Promise<void> {
    this.#closed = true
    this.breakAll('closed')
    return Promise.resolve()
  }

  /** Ends every call without a status. */
  breakAll(breakage: Breakage): void {
    for (const call of [...this.#calls]) call.break(breakage)
  }

  // As the server's faults see it.

  cut(): void {
    this.breakAll('cut')
  }

  stop(): void {
    this.breakAll('stopped')
  }

  // As its calls see it.

  hold(call: InProcessCall): void {
    if (this.#calls.size === 0) this.#host.connections.add(this)
    this.#calls.add(call)
  }

  release(call: InProcessCall): void {
    if (this.#calls.delete(call) && this.#calls.size === 0) this.#host.connections.delete(this)
  }

  #broken(
    method: UnaryMethod<object, object> | StreamMethod<object, object>,
    options: CallOptions | undefined,
  ): { readonly reason: unknown } | undefined {
    if (options?.signal?.aborted) return { reason: options.signal.reason }
    if (this.#closed) return { reason: brokenError(method, 'closed', false) }
    if (this.#host.closed) return { reason: brokenError(method, 'stopped', false) }
    if (this.#host.connections.refusing)
      return { reason: brokenError(method, 'unconnected', false) }
    return undefined
  }

  #serve<I extends object, O extends object>(call: InProcessUnary<I, O>, request: I): void {
    const { dispatcher, maxMessageBytes } = this.#host
    const { path } = call.method
    const route = dispatcher.find(path)
    if (route === undefined || isStreamRoute(route)) call.failWith(dispatcher.unserved(path))
    else if (call.requestBytes > maxMessageBytes) {
      const message = `grpc: received message larger than max (${call.requestBytes} vs. ${maxMessageBytes})`
      call.failWith({ status: statusNumbers['resource-exhausted'], message })
    } else {
      dispatcher.unary({ route: route as UnaryRoute, request, context: call, wire: call })
    }
  }
}

// What is no route of streams is one of single answers.
type UnaryRoute = Route<UnaryService<object, object>>
