// etcd's v3 API over gRPC, as a transport: the face of the dispatcher of calls.

import type {
  CallOptions,
  EventSink,
  MessageInit,
  MessageStream,
  SetEndpointsOptions,
  StreamMethod,
  Transport,
  UnaryMethod,
} from '@etcdkit/protocol'
import { CallDispatcher } from './call-dispatcher.ts'
import type { GrpcTransportOptions } from './grpc-options.ts'

/** etcd's v3 API over gRPC. Nothing is connected before the first call. */
export class GrpcTransport implements Transport {
  readonly fullDuplex = true
  readonly #calls: CallDispatcher

  /** Throws `TypeError` or `RangeError` on options that cannot be. */
  constructor(options: GrpcTransportOptions = {}) {
    this.#calls = new CallDispatcher(options)
  }

  get onEvent(): EventSink | undefined {
    return this.#calls.onEvent
  }

  set onEvent(sink: EventSink | undefined) {
    this.#calls.onEvent = sink
  }

  get endpoints(): readonly string[] {
    return this.#calls.endpoints
  }

  setEndpoints(endpoints: string | readonly string[], options?: SetEndpointsOptions): void {
    this.#calls.setEndpoints(endpoints, options)
  }

  unary<I extends object, O extends object>(
    method: UnaryMethod<I, O>,
    request: MessageInit<I>,
    options?: CallOptions,
  ): Promise<O> {
    return this.#calls.unary(method, request, options)
  }

  stream<I extends object, O extends object>(
    method: StreamMethod<I, O>,
    options?: CallOptions,
  ): MessageStream<I, O> {
    return this.#calls.stream(method, options)
  }

  renewToken(stream?: object): boolean {
    return this.#calls.renewToken(stream)
  }

  close(): Promise<void> {
    return this.#calls.close()
  }
}
