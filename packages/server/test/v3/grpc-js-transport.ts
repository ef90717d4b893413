// The transport seam over `@grpc/grpc-js`: the client that etcdkit's own is not.

import {
  type CallOptions,
  EtcdError,
  errorFromStatus,
  type MessageInit,
  type MessageStream,
  type Method,
  type StreamMethod,
  type Transport,
  type UnaryMethod,
} from '@etcdkit/protocol'
import {
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js'

/** Calls a server over gRPC. */
export class GrpcJsTransport implements Transport {
  readonly fullDuplex = true
  readonly #client: Client

  constructor(endpoint: string) {
    this.#client = new Client(new URL(endpoint).host, credentials.createInsecure(), {
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
      'grpc.enable_retries': 0,
      // A channel of its own: grpc-js shares them within a process.
      'grpc.use_local_subchannel_pool': 1,
      'grpc.initial_reconnect_backoff_ms': 10,
    })
  }

  unary<I extends object, O extends object>(
    method: UnaryMethod<I, O>,
    request: MessageInit<I>,
    options: CallOptions = {},
  ): Promise<O> {
    return new Promise((resolve, reject) => {
      const call = this.#client.makeUnaryRequest(
        method.path,
        serializer(method),
        (bytes) => method.output.decode(bytes),
        request,
        metadataOf(options),
        deadlineOf(options),
        (error, answer) => {
          if (error === null && answer !== undefined) resolve(answer)
          else reject(options.signal?.aborted ? options.signal.reason : errorOf(error))
        },
      )
      options.signal?.addEventListener('abort', () => call.cancel())
    })
  }

  stream<I extends object, O extends object>(
    method: StreamMethod<I, O>,
    options: CallOptions = {},
  ): MessageStream<I, O> {
    const call = this.#client.makeBidiStreamRequest(
      method.path,
      serializer(method),
      (bytes) => method.output.decode(bytes),
      metadataOf(options),
      deadlineOf(options),
    )
    return new GrpcJsStream(call)
  }

  close(): Promise<void> {
    this.#client.close()
    return Promise.resolve()
  }
}

class GrpcJsStream<I extends object, O extends object> implements MessageStream<I, O> {
  readonly #call: ClientDuplexStream<MessageInit<I>, O>
  #canceled: { readonly reason: unknown } | undefined

  constructor(call: ClientDuplexStream<MessageInit<I>, O>) {
    this.#call = call
    // Iteration tells it.
    call.on('error', () => {})
  }

  send(message: MessageInit<I>): void {
    this.#call.write(message)
  }

  end(): void {
    this.#call.end()
  }

  cancel(reason?: unknown): void {
    this.#canceled = { reason }
    this.#call.cancel()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<O, void> {
    try {
      for await (const message of this.#call) yield message as O
    } catch (error) {
      if (this.#canceled?.reason !== undefined) throw this.#canceled.reason
      // What grpc-js fails with.
      if (this.#canceled === undefined) throw errorOf(error as ServiceError)
    } finally {
      this.#call.cancel()
    }
  }
}

function serializer<I extends object>(method: Method<I>): (message: MessageInit<I>) => Buffer {
  return (message) => Buffer.from(method.input.encode(message))
}

function metadataOf({ headers = {} }: CallOptions): Metadata {
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value)
  return metadata
}

function deadlineOf({ timeoutMs }: CallOptions): { deadline?: number } {
  return timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs }
}

function errorOf(error: ServiceError | null): EtcdError {
  const { code = 2, details = '' } = error ?? {}
  return new EtcdError(details, { code: errorFromStatus(code, details).code })
}
