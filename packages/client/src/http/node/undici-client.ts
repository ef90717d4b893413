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
import { OpeningSockets } from './opening-sockets.ts'
import { WaitingLine } from './waiting-line.ts'

/** What of undici is used. */
export interface Undici {
  readonly Pool: typeof Pool
  readonly buildConnector: typeof buildConnector
}

interface Pools {
  readonly short: Pool
  /** Those that wait for a connection of `short`. */
  readonly line: WaitingLine
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
  readonly #opening = new OpeningSockets()
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
    const { short, line, streams } = this.#pools.get(origin) ?? this.#open(origin)
    if (request.streaming === true) streams.dispatch(exchange, exchange)
    else exchange.waitIn(line, short)
    return exchange
  }

  release(origin: HttpOrigin): void {
    const pools = this.#pools.get(origin)
    this.#pools.delete(origin)
    if (pools === undefined) return
    pools.line.open()
    this.#retire([pools.short, pools.streams])
  }

  async close(): Promise<void> {
    this.#closed = true
    const all = [...this.#pools.values()]
    this.#pools.clear()
    const pools = all.flatMap(({ short, streams }) => [short, streams])
    const destroyed = [...pools, ...this.#retired].map((pool) => pool.destroy())
    this.#opening.destroy(new HttpError('lost', 'the client is closed', { unsent: true }))
    // Those that waited are refused one and all.
    for (const { line } of all) line.open()
    await Promise.all(destroyed)
  }

  #retire(pools: readonly Pool[]): void {
    for (const pool of pools) {
      this.#retired.add(pool)
      const forget = (): void => void this.#retired.delete(pool)
      pool.close().then(forget, forget)
    }
  }

  #open(origin: HttpOrigin): Pools {
    const { connections = defaultConnections, keepAliveMs = defaultKeepAliveMs } = this.#options
    const settings = {
      connect: createConnector(this.#undici, origin, {
        ...this.#options,
        opening: this.#opening,
      }),
      keepAliveTimeout: keepAliveMs,
      // Calls have deadlines of their own, and streams may be silent.
      headersTimeout: 0,
      bodyTimeout: 0,
    }
    const { Pool } = this.#undici
    const pools = {
      short: new Pool(origin.url, { ...settings, connections }),
      line: new WaitingLine(connections),
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
  #place: { readonly line: WaitingLine; readonly begin: () => void } | undefined = undefined
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

  /** Sends the request by `pool` when it is its turn. */
  waitIn(line: WaitingLine, pool: Pool): void {
    const begin = (): void => void pool.dispatch(this, this)
    this.#place = { line, begin }
    line.enter(begin)
  }

  // --- HttpExchange ---

  cancel(): void {
    this.#canceled = true
    if (this.#over) return
    this.#over = true
    this.#place?.line.forget(this.#place.begin)
    // One whose connection is being opened is ended when it is open.
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
    this.#leave()
    if (this.#over) return
    this.#over = true
    this.#receiver.onEnd()
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#leave()
    this.fail(error)
  }

  // undici is done with it, whatever the receiver has heard.
  #leave(): void {
    const place = this.#place
    this.#place = undefined
    place?.line.leave()
  }
}

const canceled = new Error('the request was canceled')
