// The transport seam over the gateway, by Node's own HTTP client: a stream's body stays open, so that both sides talk.

import { once } from 'node:events'
import { Agent, type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import {
  type CallOptions,
  EtcdError,
  errorFromStatus,
  type JsonValue,
  type MessageInit,
  type MessageStream,
  type StreamMethod,
  statusNumbers,
  type Transport,
  type UnaryMethod,
} from '@etcdkit/protocol'

interface ErrorBody {
  readonly code: number
  readonly message: string
}

/** Calls a server over HTTP/1.1. */
export class JsonTransport implements Transport {
  readonly fullDuplex = true
  readonly #endpoint: string
  readonly #agent = new Agent({ keepAlive: true })

  constructor(endpoint: string) {
    this.#endpoint = endpoint
  }

  async unary<I extends object, O extends object>(
    method: UnaryMethod<I, O>,
    request: MessageInit<I>,
    options: CallOptions = {},
  ): Promise<O> {
    const post = this.#post(method, options)
    const timer = setTimeout(() => post.destroy(expired), options.timeoutMs ?? 2 ** 31 - 1)
    try {
      post.end(JSON.stringify(method.input.toJson(request)))
      const answer = await headOf(post)
      const body = JSON.parse(await text(answer)) as JsonValue
      if (answer.statusCode === 200) return method.output.fromJson(body)
      throw errorOf(body as unknown as ErrorBody)
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason
      throw broken(error)
    } finally {
      clearTimeout(timer)
    }
  }

  stream<I extends object, O extends object>(
    method: StreamMethod<I, O>,
    options: CallOptions = {},
  ): MessageStream<I, O> {
    const post = this.#post(method, options)
    post.flushHeaders()
    return new JsonStream(method, post)
  }

  close(): Promise<void> {
    this.#agent.destroy()
    return Promise.resolve()
  }

  #post(
    { gatewayPaths }: { readonly gatewayPaths: readonly string[] },
    { headers = {}, signal }: CallOptions,
  ): ClientRequest {
    const metadata = Object.entries(headers).map(([name, value]) => [
      `grpc-metadata-${name}`,
      value,
    ])
    const url = new URL(gatewayPaths[0] ?? '/v3/none', this.#endpoint)
    return httpRequest(url, {
      method: 'POST',
      agent: this.#agent,
      headers: Object.fromEntries(metadata),
      ...(signal && { signal }),
    })
  }
}

class JsonStream<I extends object, O extends object> implements MessageStream<I, O> {
  readonly #method: StreamMethod<I, O>
  readonly #post: ClientRequest
  readonly #head: Promise<IncomingMessage>
  #canceled: { readonly reason: unknown } | undefined

  constructor(method: StreamMethod<I, O>, post: ClientRequest) {
    this.#method = method
    this.#post = post
    this.#head = headOf(post)
    // Iteration tells it.
    this.#head.catch(() => {})
    post.on('error', () => {})
  }

  send(message: MessageInit<I>): void {
    this.#post.write(JSON.stringify(this.#method.input.toJson(message)))
  }

  end(): void {
    this.#post.end()
  }

  cancel(reason?: unknown): void {
    this.#canceled = { reason }
    this.#post.destroy()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<O, void> {
    try {
      for await (const line of createInterface({ input: await this.#head })) {
        const { result, error } = JSON.parse(line) as { result?: JsonValue; error?: ErrorBody }
        if (error !== undefined) throw errorOf(error)
        yield this.#method.output.fromJson(result as JsonValue)
      }
      const { complete } = await this.#head
      if (!complete && this.#canceled === undefined) throw broken(new Error('aborted'))
    } catch (error) {
      if (this.#canceled?.reason !== undefined) throw this.#canceled.reason
      if (this.#canceled === undefined) throw broken(error)
    } finally {
      this.#post.destroy()
    }
  }
}

async function headOf(post: ClientRequest): Promise<IncomingMessage> {
  const [head] = await once(post, 'response')
  return head as IncomingMessage
}

function errorOf({ code, message }: ErrorBody): EtcdError {
  return new EtcdError(message, { code: errorFromStatus(code, message).code })
}

const expired = errorOf({ code: statusNumbers['deadline-exceeded'], message: 'too late' })

/** A connection that breaks. */
function broken(error: unknown): unknown {
  if (error instanceof EtcdError) return error
  return new EtcdError(String(error), { code: 'connection-lost', cause: error })
}
