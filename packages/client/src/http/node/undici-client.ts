// HTTP/1.1 over undici's pools: two for each origin, one for short requests and one for streams.

import type { buildConnector, Dispatcher, Pool } from 'undici'
import type {
  HttpClient,
  HttpExchange,
  HttpHeaders,
  HttpOrigin,
  HttpReceiver,
  HttpRequest,
} from '../http-client.ts'
import { HttpError, httpErrorOf } from '../http-error.ts'
import { createConnector } from './connector.ts'
import type { NodeHttpOptions } from './node-http-options.ts'

/** What of undici is used. */
export interface Undici {
  readonly Pool: typeof Pool
  readonly buildConnector: typeof buildConnector
}

interface Pools {
  readonly short: Pool
  readonly streams: Pool
}

const defaultConnections = 64
const defaultKeepAliveMs = 10_000

/** Sends requests by undici. */
export class UndiciHttpClient implements HttpClient {
  readonly #undici: Undici
  readonly #options: NodeHttpOptions
  readonly #pools = new Map<HttpOrigin, Pools>()
  /** Those that take no more requests and have some to finish. */
  readonly #retired = new Set<Pool>()
  #closed = false

  constructor(undici: Undici, options: NodeHttpOptions) {
    this.#undici = undici
    this.#options = options
  }

  send(origin: HttpOrigin, request: HttpRequest, receiver: HttpReceiver): HttpExchange {
    const exchange = new UndiciExchange(request, receiver, origin.url.startsWith('https:'))
    if (this.#closed) {
      exchange.fail(new HttpError('lost', 'the client is closed', { unsent: true }))
      return exchange
    }
    const { short, streams } = this.#pools.get(origin) ?? this.#open(origin)
    const pool = request.streaming === true ? streams : short
    pool.dispatch(exchange, exchange)
    return exchange
  }

  release(origin: HttpOrigin): void {
    const pools = this.#pools.get(origin)
    this.#pools.delete(origin)
    if (pools !== undefined) this.#retire([pools.short, pools.streams])
  }

  async close(): Promise<void> {
    this.#closed = true
    const pools = [...this.#pools.values()].flatMap(({ short, streams }) => [short, streams])
    this.#pools.clear()
    await Promise.all([...pools, ...this.#retired].map((pool) => pool.destroy()))
  }

  #retire(pools: readonly Pool[]): void {
    for (const pool of pools) {
      this.#retired.add(pool)
      void pool.close().then(() => this.#retired.delete(pool))
    }
  }

  #open(origin: HttpOrigin): Pools {
    const { connections = defaultConnections, keepAliveMs = defaultKeepAliveMs } = this.#options
    const settings = {
      connect: createConnector(this.#undici, origin, this.#options),
      keepAliveTimeout: keepAliveMs,
      // Calls have deadlines of their own, and streams may be silent.
      headersTimeout: 0,
      bodyTimeout: 0,
    }
    const { Pool } = this.#undici
    const pools = {
      short: new Pool(origin.url, { ...settings, connections }),
      streams: new Pool(origin.url, settings),
    }
    this.#pools.set(origin, pools)
    return pools
  }
}

/** A request under way: what undici reads of it, and what it calls. */
class UndiciExchange
  implements HttpExchange, Dispatcher.DispatchOptions, Dispatcher.DispatchHandler
{
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | null
  readonly #receiver: HttpReceiver
  readonly #secure: boolean
  #controller: Dispatcher.DispatchController | undefined = undefined
  #over = false
  #canceled = false
  sent = false

  constructor(request: HttpRequest, receiver: HttpReceiver, secure: boolean) {
    this.method = request.method
    this.path = request.path
    this.headers = request.headers
    this.body = request.body ?? null
    this.#receiver = receiver
    this.#secure = secure
  }

  // --- HttpExchange ---

  cancel(): void {
    this.#canceled = true
    if (this.#over) return
    this.#over = true
    // One that waits for a connection is ended when it gets one.
    this.#controller?.abort(canceled)
  }

  pause(): void {
    this.#controller?.pause()
  }

  resume(): void {
    this.#controller?.resume()
  }

  fail(error: unknown): void {
    if (this.#over) return
    this.#over = true
    const told = httpErrorOf(error, { sent: this.sent, secure: this.#secure })
    // undici may find out while it is given the request.
    queueMicrotask(() => {
      if (!this.#canceled) this.#receiver.onError(told)
    })
  }

  // --- Dispatcher.DispatchHandler ---

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#over) controller.abort(canceled)
    else {
      this.sent = true
      this.#receiver.onSent?.()
    }
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: HttpHeaders): void {
    // Of 1xx there may be several before the answer.
    if (!this.#over && status >= 200) this.#receiver.onHead(status, headers)
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Uint8Array): void {
    if (!this.#over) this.#receiver.onData(chunk)
  }

  onResponseEnd(): void {
    if (this.#over) return
    this.#over = true
    this.#receiver.onEnd()
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.fail(error)
  }
}

const canceled = new Error('the request was canceled')
