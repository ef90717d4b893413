// The HTTP client of Node: over undici where it is installed, else over `fetch` as far as that goes.

import { FetchHttpClient } from '../fetch-client.ts'
import type {
  HttpClient,
  HttpExchange,
  HttpOrigin,
  HttpReceiver,
  HttpRequest,
} from '../http-client.ts'
import { HttpError } from '../http-error.ts'
import type { NodeHttpOptions } from './node-http-options.ts'
import { type Undici, UndiciHttpClient } from './undici-client.ts'

/** Loads undici; rejects if it cannot be, as where it is not installed. Only asked for when there is something to send. */
export type LoadUndici = () => Promise<Undici>

/** Sends requests by what there is. */
export class NodeHttpClient implements HttpClient {
  readonly #options: NodeHttpOptions
  readonly #load: LoadUndici
  #loading: Promise<HttpClient> | undefined
  #client: HttpClient | undefined
  #closed = false

  constructor(options: NodeHttpOptions, load: LoadUndici = () => import('undici')) {
    this.#options = options
    this.#load = load
  }

  send(origin: HttpOrigin, request: HttpRequest, receiver: HttpReceiver): HttpExchange {
    if (this.#client !== undefined) return this.#client.send(origin, request, receiver)
    const exchange = new WaitingExchange()
    void this.#open().then((client) => exchange.begin(() => client.send(origin, request, receiver)))
    return exchange
  }

  release(origin: HttpOrigin): void {
    this.#client?.release(origin)
  }

  async close(): Promise<void> {
    this.#closed = true
    await (await this.#loading)?.close()
  }

  #open(): Promise<HttpClient> {
    this.#loading ??= this.#choose().then(async (client) => {
      // What it is asked for from now on is refused.
      if (this.#closed) await client.close()
      this.#client = client
      return client
    })
    return this.#loading
  }

  async #choose(): Promise<HttpClient> {
    try {
      return new UndiciHttpClient(await this.#load(), this.#options)
    } catch (cause) {
      const wanted = this.#options.needsUndici
      if (wanted === undefined) return new FetchHttpClient()
      return new FetchHttpClient(() => Promise.reject(missing(wanted, cause)))
    }
  }
}

function missing(wanted: string, cause: unknown): HttpError {
  const message = `${wanted} needs the package undici, which is not installed: npm install undici@7`
  return new HttpError('unsupported', message, { unsent: true, cause })
}

/** A request that waits until it is known what sends it. */
class WaitingExchange implements HttpExchange {
  #exchange: HttpExchange | undefined
  #canceled = false

  begin(send: () => HttpExchange): void {
    if (!this.#canceled) this.#exchange = send()
  }

  get sent(): boolean {
    return this.#exchange?.sent ?? false
  }

  cancel(): void {
    this.#canceled = true
    this.#exchange?.cancel()
  }

  pause(): void {
    this.#exchange?.pause()
  }

  resume(): void {
    this.#exchange?.resume()
  }
}
