// The gateway transport: etcd's v3 API as JSON over HTTP/1.1, for where gRPC cannot go.

import {
  authenticate,
  type CallOptions,
  CallOptionsError,
  type EventSink,
  Lease,
  type MessageInit,
  type MessageStream,
  type Method,
  type SetEndpointsOptions,
  type StreamMethod,
  type Transport,
  type UnaryMethod,
} from '@etcdkit/protocol'
import type { HttpClient } from '../../http/http-client.ts'
import { askForToken } from '../ask-for-token.ts'
import { parseEndpoint, parseEndpoints } from '../endpoint.ts'
import { isEndpointSource } from '../endpoint-source.ts'
import { closedError } from '../failure.ts'
import { probeEndpoint } from '../probe.ts'
import { TokenStore } from '../token.ts'
import { eventSink } from '../tracing.ts'
import { ApiPrefix } from './api-prefix.ts'
import { Calls } from './calls.ts'
import { Endpoints } from './endpoints.ts'
import { Exchanges } from './exchanges.ts'
import type { GatewayCall } from './gateway-call.ts'
import type { GatewayEndpoint } from './gateway-endpoint.ts'
import { checkOptions, type GatewayTransportOptions } from './gateway-options.ts'
import { GatewayStream } from './gateway-stream.ts'
import { KeepAliveStream } from './keep-alive-stream.ts'
import { assertHasPath, pathOf } from './method-path.ts'
import { askVersion, type OutwardContext } from './outward-requests.ts'
import { Places } from './places.ts'
import { checkHeaders } from './request-headers.ts'
import { StreamLiveness } from './stream-liveness.ts'
import { readMessage, readResult } from './unary-attempt.ts'

const defaultEndpoint = 'http://127.0.0.1:2379'
const defaultTimeoutMs = 5000
const defaultMaxMessageBytes = 512 * 1024 * 1024
const defaultProbeIntervalMs = 8000

/** etcd's v3 API over its JSON gateway. Nothing is connected before the first call. */
export class GatewayTransport implements Transport {
  readonly fullDuplex = false
  onEvent: EventSink | undefined = undefined
  readonly #http: HttpClient
  readonly #places: Places
  readonly #tokens: TokenStore
  readonly #prefix: ApiPrefix
  readonly #calls: Calls
  readonly #exchanges: Exchanges
  /** For requests beside the methods. */
  readonly outward: OutwardContext
  readonly #liveness: StreamLiveness
  readonly #keepAlives = new Set<{ cancel(reason: unknown): void }>()
  readonly #maxMessageBytes: number
  readonly #sink = (): EventSink | undefined => eventSink(this.onEvent)
  readonly #probe = ({ url }: GatewayEndpoint): Promise<void> => probeEndpoint(this, url)

  /** `http` sends the requests; the transport closes it. Throws `TypeError` or `RangeError` on what cannot be. */
  constructor(options: GatewayTransportOptions, http: HttpClient) {
    checkOptions(options)
    const { auth, headers = {} } = options
    this.#http = http
    this.#maxMessageBytes = options.maxMessageBytes ?? defaultMaxMessageBytes
    this.#places = this.#createPlaces(options)
    this.#tokens = new TokenStore(
      auth,
      (name, password) => askForToken(this, name, password),
      () => this.#sink()?.({ type: 'token-refreshed' }),
    )
    this.#prefix = new ApiPrefix(options.apiPrefix, () => askVersion(this.outward))
    this.#calls = new Calls({
      places: this.#places,
      tokens: this.#tokens,
      prefix: this.#prefix,
      timeoutMs: options.timeoutMs ?? defaultTimeoutMs,
      sink: this.#sink,
    })
    this.#exchanges = new Exchanges(http, { headers, maxBytes: this.#maxMessageBytes })
    this.outward = {
      calls: this.#calls,
      exchanges: this.#exchanges,
      endpoints: this.#places.endpoints,
      prefix: this.#prefix,
      renewsTokens: auth !== undefined && 'username' in auth,
    }
    this.#liveness = new StreamLiveness(options.probeIntervalMs ?? defaultProbeIntervalMs, {
      probe: this.#probe,
      lost: (endpoint, error) => this.#places.endpoints.balancer.failed(endpoint, error),
    })
  }

  #createPlaces({ endpoints = defaultEndpoint, tls, socketPath }: GatewayTransportOptions): Places {
    const isSource = isEndpointSource(endpoints)
    const reach = { secure: tls !== undefined, socketPath }
    const known = new Endpoints(isSource ? [] : parseEndpoints(endpoints), reach, {
      probe: this.#probe,
      release: ({ origin }) => this.#http.release(origin),
      sink: this.#sink,
    })
    return new Places(known, isSource ? endpoints : undefined)
  }

  unary<I extends object, O extends object>(
    method: UnaryMethod<I, O>,
    request: MessageInit<I>,
    options?: CallOptions,
  ): Promise<O> {
    return this.#once(method, request, { options, read: readMessage })
  }

  stream<I extends object, O extends object>(
    method: StreamMethod<I, O>,
    options?: CallOptions,
  ): MessageStream<I, O> {
    if ((method as object) === Lease.leaseKeepAlive) return this.#keepAlive(method, options)
    return new GatewayStream(
      {
        calls: this.#calls,
        maxMessageBytes: this.#maxMessageBytes,
        check: () => checkCall(method, options),
        post: (call, target, body, receiver) => {
          this.#liveness.watch(target)
          const path = pathOf(method, this.#prefix.current ?? '')
          return this.#exchanges.begin(call, target, { path, body, streaming: true }, receiver)
        },
      },
      method,
      options,
    )
  }

  renewToken(stream?: object): boolean {
    if (!(stream instanceof GatewayStream)) return this.#tokens.renew()
    return this.#tokens.refused(stream.token)
  }

  get endpoints(): readonly string[] {
    return this.#places.endpoints.balancer.candidates.map(({ url }) => url)
  }

  setEndpoints(endpoints: string | readonly string[], options?: SetEndpointsOptions): void {
    this.#places.set(endpoints, options)
  }

  /** Finds out the gateway's path and authenticates, so that what cannot work is told before the first call. */
  async prepare(): Promise<void> {
    if (this.#prefix.current === undefined) await this.#prefix.acquire()
    if (!this.#tokens.ready) await this.#tokens.acquire()
  }

  async close(): Promise<void> {
    this.#places.close()
    this.#calls.close()
    this.#liveness.close()
    for (const stream of [...this.#keepAlives]) {
      stream.cancel(closedError(Lease.leaseKeepAlive, false))
    }
    await this.#http.close()
  }

  // One message out, one in, over as many attempts as it takes.
  async #once<I extends object, O extends object>(
    method: Method<I, O>,
    request: MessageInit<I>,
    how: { readonly options: CallOptions | undefined; readonly read: typeof readMessage },
  ): Promise<O> {
    const { options, read } = how
    checkCall(method, options)
    const body = JSON.stringify(method.input.toJson(request))
    const call: GatewayCall = this.#calls.create(method, options)
    call.isPreparation = (method as object) === authenticate
    const needs = call.isPreparation ? 'prefix' : 'prefix and token'
    return this.#calls.perform(call, needs, async (target) => {
      const path = pathOf(method, this.#prefix.current ?? '')
      return read(method, target.url, await this.#exchanges.answer(call, target, { path, body }))
    })
  }

  #keepAlive<I extends object, O extends object>(
    method: StreamMethod<I, O>,
    options: CallOptions | undefined,
  ): MessageStream<I, O> {
    // Each message has a request of its own, which may be sent again as any read.
    const renewal: Method<I, O> = { ...method, retry: 'repeatable' }
    const stream = new KeepAliveStream<I, O>({
      options,
      callOnce: (message, each) =>
        this.#once(renewal, message, { options: each, read: readResult }),
      onOver: (over) => this.#keepAlives.delete(over),
    })
    if (!stream.isOver) this.#keepAlives.add(stream)
    return stream
  }
}

// Throws on options that cannot be, and on a method that is nowhere, before any I/O.
function checkCall<I extends object, O extends object>(
  method: Method<I, O>,
  options: CallOptions | undefined,
): void {
  assertHasPath(method)
  if (options === undefined) return
  try {
    checkHeaders(options.headers)
    if (options.endpoint !== undefined) parseEndpoint(options.endpoint)
  } catch (error) {
    throw new CallOptionsError(error instanceof Error ? error.message : String(error))
  }
}
