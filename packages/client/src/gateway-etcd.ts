// The v3 client over the JSON gateway, and what only HTTP can be asked for.

import { createTransport, givenOptions } from './gateway-core.ts'
import { CoordinatedClient } from './recipes/coordinated-client.ts'
import type { GatewayTransportOptions } from './transport/gateway/gateway-options.ts'
import type { GatewayTransport } from './transport/gateway/gateway-transport.ts'
import {
  type HttpRequestOptions,
  type HttpResponse,
  sendRequest,
} from './transport/gateway/raw-request.ts'
import {
  readHealth,
  readVersion,
  type ServerHealth,
  type ServerVersion,
} from './transport/gateway/server-pages.ts'
import { eventChannel } from './transport/tracing.ts'
import { failure, inputFailure } from './v3/failure.ts'
import { assertOptions, type ReadOptions, readOptionNames } from './v3/options.ts'

/** How to reach a cluster by its gateway, and as whom. */
export interface EtcdOptions extends GatewayTransportOptions {
  /** Milliseconds between two `sync` of the endpoints with the list of members, the first after one. Default: 0, none. */
  readonly syncIntervalMs?: number | undefined
}

const pageOptionNames = /* @__PURE__ */ readOptionNames()

/**
 * A client of an etcd cluster over its JSON gateway: HTTP/1.1, for where gRPC cannot go. Nothing is connected before the
 * first call.
 *
 * Takes an endpoint or a list of them (`http://a:2379,http://b:2379`, or an array), or options. Without either it is
 * `http://127.0.0.1:2379`. Throws `TypeError` or `RangeError` on what cannot be.
 *
 * @example
 * ```ts
 * import { Etcd } from 'etcdkit/gateway'
 *
 * await using etcd = new Etcd('http://127.0.0.1:2379')
 * await etcd.put('greeting', 'hello')
 * for await (const event of etcd.watch('greeting', { from: 1 })) {
 *   console.log(event.type, event.key)
 *   break
 * }
 * ```
 */
export class Etcd extends CoordinatedClient {
  readonly #gateway: GatewayTransport

  constructor(options: string | readonly string[] | EtcdOptions = {}) {
    const { syncIntervalMs, ...others } = givenOptions<EtcdOptions>(options)
    const gateway = createTransport(others)
    const { timeoutMs } = others
    super(gateway, { timeoutMs, syncIntervalMs, events: eventChannel })
    this.#gateway = gateway
  }

  /**
   * A client that has found the gateway's path and has its token: what cannot work rejects here, not at the first call.
   *
   * @example
   * ```ts
   * import { Etcd } from 'etcdkit/gateway'
   *
   * await using etcd = await Etcd.connect({
   *   endpoints: 'http://127.0.0.1:2379',
   *   auth: { username: 'root', password: 'secret' },
   * })
   * ```
   */
  static async connect(options: string | readonly string[] | EtcdOptions = {}): Promise<Etcd> {
    const etcd = new Etcd(options)
    try {
      await etcd.#gateway.prepare()
      return etcd
    } catch (error) {
      await etcd.close()
      throw failure('connect', error)
    }
  }

  /**
   * The raw door: any request, with the client's endpoints, token, headers and time limit. An answer of any status
   * resolves, unless `failOnHttpError` is given.
   *
   * @example
   * ```ts
   * import { Etcd } from 'etcdkit/gateway'
   *
   * await using etcd = new Etcd()
   * const response = await etcd.request({ path: '/kv/txn', json: { compare: [], success: [], failure: [] } })
   * console.log(response.status, response.json())
   * ```
   */
  async request(options: HttpRequestOptions): Promise<HttpResponse> {
    const { method = 'POST', path, url } = options ?? {}
    const action = `send ${method} ${path ?? url}`
    try {
      return await sendRequest(this.#gateway.outward, options)
    } catch (error) {
      throw isInputError(error) ? inputFailure(action, error) : failure(action, error)
    }
  }

  /** The versions of the server that answers, and of its cluster. */
  version(options?: ReadOptions): Promise<ServerVersion> {
    return this.#page('read the version', options, () =>
      readVersion(this.#gateway.outward, options),
    )
  }

  /** Whether the server that answers is well: it has a leader, and no alarm. */
  health(options?: ReadOptions): Promise<ServerHealth> {
    return this.#page('read the health', options, () => readHealth(this.#gateway.outward, options))
  }

  async #page<T>(
    action: string,
    options: ReadOptions | undefined,
    read: () => Promise<T>,
  ): Promise<T> {
    try {
      if (options !== undefined) assertOptions(options, pageOptionNames)
    } catch (error) {
      throw inputFailure(action, error)
    }
    try {
      return await read()
    } catch (error) {
      throw failure(action, error)
    }
  }
}

function isInputError(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError
}
