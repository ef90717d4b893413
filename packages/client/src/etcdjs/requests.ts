// The requests of a store: to hosts that may have to be found first, until it is destroyed.

import { EtcdError } from '@etcdkit/protocol'
import type { HttpClient } from '../http/http-client.ts'
import { discovery } from '../transport/discovery.ts'
import type { EndpointSource } from '../transport/endpoint-source.ts'
import type { GatewayTransportOptions } from '../transport/gateway/gateway-options.ts'
import { V2Connection, type V2Request } from '../v2/connection.ts'
import { HostRefresh } from '../v2/host-refresh.ts'
import type { V2Lines } from '../v2/lines.ts'
import type { V2Answer } from '../v2/v2-answer.ts'
import { EtcdjsError, errorOf, errorOfAnswer } from './etcdjs-error.ts'
import type { Hosts } from './hosts.ts'

const refreshIntervalMs = 30_000

/** Makes what the runtime sends requests by. */
export type CreateHttp = (options: GatewayTransportOptions) => HttpClient

/** What is asked. The rest of a request is the same for all. */
export type StoreRequest = Omit<V2Request, 'options' | 'action'> & {
  readonly signal?: AbortSignal | undefined
}

/** Sends requests. */
export class Requests {
  readonly timeoutMs: number
  readonly #createHttp: CreateHttp
  readonly #source: EndpointSource | undefined
  readonly #closing = new AbortController()
  #connection: V2Connection | undefined
  #finding: Promise<V2Connection> | undefined
  #refresh: HostRefresh | undefined

  /** Throws `TypeError` on hosts that cannot be. */
  constructor(hosts: Hosts, timeoutMs: number, createHttp: CreateHttp) {
    this.timeoutMs = timeoutMs
    this.#createHttp = createHttp
    if ('discovery' in hosts) this.#source = discovery(hosts.discovery)
    else this.#connection = this.#connect(hosts.urls)
  }

  /** Every 30 seconds from now on. */
  refresh(machines: () => Promise<unknown>): void {
    this.#refresh?.close()
    this.#refresh = new HostRefresh(this.#closing.signal.aborted ? 0 : refreshIntervalMs, machines)
  }

  get isRefreshing(): boolean {
    return this.#refresh !== undefined
  }

  setHosts(urls: readonly string[]): void {
    this.#connection?.setEndpoints(urls)
  }

  /** Resolves with an answer below 300. */
  async send(request: StoreRequest): Promise<V2Answer> {
    const answer = await this.#answer(request)
    if (answer.status >= 300) throw errorOfAnswer(answer)
    return answer
  }

  /** The same, but a key that is missing is an answer: 404. */
  async get(request: StoreRequest): Promise<V2Answer> {
    const answer = await this.#answer(request)
    const error = answer.status >= 300 ? errorOfAnswer(answer) : undefined
    if (error !== undefined && error.code !== 100) throw error
    return answer
  }

  /** The statistics of the leader, from whichever host leads. */
  async leader(): Promise<V2Answer> {
    const { endpoints } = await this.connected()
    let last: unknown
    for (const endpoint of endpoints) {
      try {
        return await this.send({ method: 'GET', path: '/v2/stats/leader', endpoint })
      } catch (error) {
        // A follower cannot tell.
        last = error
      }
    }
    throw last
  }

  /** Opens an answer whose body may be long in coming; resolves when its head is there. */
  async lines(request: StoreRequest): Promise<V2Lines> {
    const connection = await this.connected()
    const { signal } = request
    return connection.lines({
      ...this.#complete(connection, request),
      options: { signal, timeoutMs: this.timeoutMs },
    })
  }

  /** Ends every request with `closed`. */
  destroy(): void {
    this.#closing.abort()
    this.#refresh?.close()
    void this.#connection?.close().catch(() => undefined)
  }

  /** Where requests go: rejects while that cannot be found out, and after `destroy`. */
  async connected(): Promise<V2Connection> {
    if (this.#closing.signal.aborted) throw destroyed()
    if (this.#connection !== undefined) return this.#connection
    this.#finding ??= this.#find().finally(() => {
      this.#finding = undefined
    })
    return this.#finding
  }

  async #find(): Promise<V2Connection> {
    try {
      const urls = await this.#source?.resolve(this.#closing.signal)
      this.#closing.signal.throwIfAborted()
      this.#connection = this.#connect(urls ?? [])
      return this.#connection
    } catch (error) {
      if (this.#closing.signal.aborted) throw destroyed()
      const told = errorOf(error) as EtcdjsError
      if (/^E[A-Z]/.test(String(told.code))) throw told
      throw new EtcdjsError('discovery token could not be resolved', undefined, error)
    }
  }

  async #answer(request: StoreRequest): Promise<V2Answer> {
    const connection = await this.connected()
    return connection.send({
      ...this.#complete(connection, request),
      options: { signal: request.signal, timeoutMs: this.timeoutMs },
      anyStatus: true,
    })
  }

  #connect(endpoints: readonly string[]): V2Connection {
    const options = { endpoints, timeoutMs: this.timeoutMs }
    return new V2Connection(options, this.#createHttp(options))
  }

  #complete(connection: V2Connection, { signal: _, ...request }: StoreRequest): V2Request {
    return {
      ...request,
      action: `${request.method} ${request.path}`,
      // Each host once, and one of them twice: who cannot be reached is not asked for ever.
      retries: request.endpoint === undefined ? connection.endpoints.length : 1,
    }
  }
}

function destroyed(): EtcdError {
  return new EtcdError('store destroyed', { code: 'closed' })
}
