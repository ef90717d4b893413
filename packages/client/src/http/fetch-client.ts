// HTTP/1.1 over `fetch`: for browsers, workers, Deno, Bun, and for Node without undici.

import type {
  HttpClient,
  HttpExchange,
  HttpOrigin,
  HttpReceiver,
  HttpRequest,
} from './http-client.ts'
import { HttpError, httpErrorOf } from './http-error.ts'

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/**
 * Sends requests by `fetch`.
 *
 * Whose connections those are, and how many, is the runtime's business: a browser has six for an origin over HTTP/1.1,
 * and a stream takes one for as long as it is open.
 */
export class FetchHttpClient implements HttpClient {
  readonly #fetch: Fetch
  readonly #exchanges = new Set<FetchExchange>()
  #closed = false

  /** `fetch`: another one in place of the runtime's. */
  constructor(fetch: Fetch = (url, init) => globalThis.fetch(url, init)) {
    this.#fetch = fetch
  }

  send(origin: HttpOrigin, request: HttpRequest, receiver: HttpReceiver): HttpExchange {
    const exchange = new FetchExchange(receiver, origin.url.startsWith('https:'))
    const refusal = this.#refusal(origin)
    const fetch = refusal === undefined ? this.#fetch : () => Promise.reject(refusal)
    this.#exchanges.add(exchange)
    void exchange
      .run(fetch, origin.url + request.path, request)
      .then(() => this.#exchanges.delete(exchange))
    return exchange
  }

  release(): void {
    // The runtime closes connections that nobody uses.
  }

  async close(): Promise<void> {
    this.#closed = true
    const ended = [...this.#exchanges].map((exchange) => exchange.close())
    await Promise.all(ended)
  }

  #refusal({ socketPath }: HttpOrigin): HttpError | undefined {
    if (this.#closed) return closedError(true)
    if (socketPath === undefined) return undefined
    const message = 'fetch does not know unix sockets'
    return new HttpError('unsupported', message, { unsent: true })
  }
}

function closedError(unsent: boolean): HttpError {
  return new HttpError('lost', 'the client is closed', { unsent })
}

class FetchExchange implements HttpExchange {
  readonly #receiver: HttpReceiver
  readonly #secure: boolean
  readonly #controller = new AbortController()
  #silent = false
  #paused: Promise<void> | undefined
  #go: () => void = () => undefined
  #ended: Promise<void> = Promise.resolve()
  sent = false

  constructor(receiver: HttpReceiver, secure: boolean) {
    this.#receiver = receiver
    this.#secure = secure
  }

  /** Sends the request and hands out the answer; resolves when that is over. */
  run(fetch: Fetch, url: string, request: HttpRequest): Promise<void> {
    this.#ended = this.#exchange(fetch, url, request).catch((thrown: unknown) => this.#fail(thrown))
    return this.#ended
  }

  /** Ends it with an error. */
  close(): Promise<void> {
    this.#fail(closedError(false))
    this.cancel()
    return this.#ended
  }

  cancel(): void {
    this.#silent = true
    this.#controller.abort()
    this.#go()
  }

  pause(): void {
    this.#paused ??= new Promise((resolve) => {
      this.#go = resolve
    })
  }

  resume(): void {
    this.#paused = undefined
    this.#go()
  }

  async #exchange(fetch: Fetch, url: string, request: HttpRequest): Promise<void> {
    // The caller has not got the exchange yet.
    await undefined
    if (this.#silent) return
    this.sent = true
    this.#receiver.onSent?.()
    const { method, headers, body } = request
    const response = await fetch(url, {
      method,
      headers: { ...headers },
      // What `send` was given is a plain array of bytes: none of them is shared with another thread.
      ...(body !== undefined && { body: body as string | Uint8Array<ArrayBuffer> }),
      signal: this.#controller.signal,
      cache: 'no-store',
      redirect: 'manual',
    })
    if (!this.#silent) this.#receiver.onHead(response.status, Object.fromEntries(response.headers))
    if (response.body !== null) await this.#read(response.body.getReader())
    if (!this.#silent) this.#receiver.onEnd()
  }

  async #read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    for (;;) {
      if (this.#paused !== undefined) await this.#paused
      const { done, value } = await reader.read()
      if (done || this.#silent) return
      this.#receiver.onData(value)
    }
  }

  #fail(thrown: unknown): void {
    if (this.#silent) return
    this.#silent = true
    // Whether the request had left is something that `fetch` does not tell.
    this.#receiver.onError(httpErrorOf(thrown, { sent: undefined, secure: this.#secure }))
  }
}
