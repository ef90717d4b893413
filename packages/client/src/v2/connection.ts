// Sends v2 requests over the gateway's calls: endpoints in turn, again elsewhere where that is safe, to the leader where
// a server says so.

import { EtcdError, KV, type Method, type SetEndpointsOptions } from '@etcdkit/protocol'
import { type HttpClient, headerOf } from '../http/http-client.ts'
import { parseEndpoints } from '../transport/endpoint.ts'
import { isEndpointSource } from '../transport/endpoint-source.ts'
import { ApiPrefix } from '../transport/gateway/api-prefix.ts'
import { type Attempt, Calls } from '../transport/gateway/calls.ts'
import { Endpoints } from '../transport/gateway/endpoints.ts'
import { Exchanges, type Outgoing } from '../transport/gateway/exchanges.ts'
import { AttemptError, type GatewayCall } from '../transport/gateway/gateway-call.ts'
import type { GatewayEndpoint } from '../transport/gateway/gateway-endpoint.ts'
import type { GatewayTransportOptions } from '../transport/gateway/gateway-options.ts'
import { safeTextOf } from '../transport/gateway/http-answer.ts'
import { Places } from '../transport/gateway/places.ts'
import { TokenStore } from '../transport/token.ts'
import { basicAuth } from './basic-auth.ts'
import { openLines, V2Lines } from './lines.ts'
import type { V2Answer } from './v2-answer.ts'
import { EtcdV2Error, errorOfAnswer } from './v2-error.ts'
import type { V2CallOptions } from './verb-options.ts'

const defaultEndpoint = 'http://127.0.0.1:2379'
const defaultTimeoutMs = 5000
const defaultMaxMessageBytes = 512 * 1024 * 1024
const maxRedirects = 8
// Of asking for the leader again while there is none.
const maxRounds = 100
const pauseMs = 100

/** A request. */
export interface V2Request extends Outgoing {
  /** For messages: `set "/a"`. */
  readonly action: string
  readonly method: string
  readonly options?: V2CallOptions | undefined
  /** Ask this one, and no other. */
  readonly endpoint?: string | undefined
  readonly contentType?: string | undefined
  /** The leader is to answer: sent to it where it is known. Default: writes. */
  readonly needsLeader?: boolean | undefined
  /** Answers of any status are the caller's to read. */
  readonly anyStatus?: boolean | undefined
  /** How often to try again where that is safe. Default: until its time is over. */
  readonly retries?: number | undefined
}

// What the rules of calls want to know of requests that are none of the methods of v3.
const createMethod = (name: string): Method => ({
  ...KV.range,
  service: 'v2',
  name,
  retry: isWrite(name) ? 'non-repeatable' : 'repeatable',
})
const methods: ReadonlyMap<string, Method> = /* @__PURE__ */ new Map(
  ['GET', 'PUT', 'POST', 'DELETE'].map((name) => [name, createMethod(name)]),
)

/** The connections of a client. */
export class V2Connection {
  readonly timeoutMs: number
  readonly #http: HttpClient
  readonly #places: Places
  readonly #calls: Calls
  readonly #exchanges: Exchanges
  readonly #maxBytes: number
  readonly #open = new Set<V2Lines>()
  /** Who a server without forwarding (etcd 0.4) said is the leader. */
  #leader: GatewayEndpoint | undefined

  constructor(options: GatewayTransportOptions, http: HttpClient) {
    const { endpoints = defaultEndpoint, headers = {}, tls, socketPath, auth } = options
    const isSource = isEndpointSource(endpoints)
    const sink = (): undefined => undefined
    this.#http = http
    this.timeoutMs = options.timeoutMs ?? defaultTimeoutMs
    this.#maxBytes = options.maxMessageBytes ?? defaultMaxMessageBytes
    this.#places = new Places(
      new Endpoints(
        isSource ? [] : parseEndpoints(endpoints),
        { secure: tls !== undefined, socketPath },
        {
          probe: (endpoint) => this.#probe(endpoint),
          release: ({ origin }) => http.release(origin),
          sink,
        },
      ),
      isSource ? endpoints : undefined,
    )
    this.#calls = new Calls({
      places: this.#places,
      tokens: new TokenStore(basicAuth(auth), () => Promise.resolve(undefined)),
      prefix: new ApiPrefix('/v2', () => Promise.resolve(undefined)),
      timeoutMs: this.timeoutMs,
      sink,
    })
    this.#exchanges = new Exchanges(http, {
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      maxBytes: this.#maxBytes,
    })
  }

  /** The endpoints, each in its normal form. */
  get endpoints(): readonly string[] {
    return this.#places.endpoints.balancer.candidates.map(({ url }) => url)
  }

  /** Replaces them. */
  setEndpoints(endpoints: readonly string[], options?: SetEndpointsOptions): void {
    this.#leader = undefined
    this.#places.set(endpoints, options)
  }

  /** Sends a request; resolves with an answer that is none of a refusal, unless any status will do. */
  async send(request: V2Request): Promise<V2Answer> {
    const answer = await this.#follow(request, (call, known) =>
      this.#perform(call, { known, request }, async (target) => {
        const { status, headers, body } = await this.#exchanges.answer(call, target, request)
        const text = safeTextOf({ status, headers, body })
        const answered = { status, headers, text, endpoint: target.url }
        if (status >= 500 && request.anyStatus !== true) throw transient(request, answered)
        return answered
      }),
    )
    if (answer.status < 300 || request.anyStatus === true) return answer
    throw refusal(request, answer)
  }

  /** Opens an answer that may go on for ever; resolves when its head is there. */
  async lines(request: V2Request): Promise<V2Lines> {
    const opened = await this.#follow(request, (call, known) =>
      this.#perform(call, { known, request }, async (target) => {
        const lines = await openLines(call, target, {
          maxBytes: this.#maxBytes,
          begin: (receiver) =>
            this.#exchanges.begin(call, target, { ...request, streaming: true }, receiver),
        })
        if (lines.head.status >= 500) throw transient(request, lines.head)
        return lines
      }),
    )
    const { head } = opened
    if (head.status >= 300) throw refusal(request, head)
    this.#open.add(opened)
    opened.onOver = () => this.#open.delete(opened)
    return opened
  }

  async close(): Promise<void> {
    this.#places.close()
    this.#calls.close()
    const closed = new EtcdError('the client is closed', { code: 'closed' })
    for (const lines of [...this.#open]) lines.fail(closed)
    await this.#http.close()
  }

  // A redirect (etcd 0.4 alone) is followed with method and body, and who it leads to asked first from then on.
  async #follow<T extends V2Answer | V2Lines>(
    request: V2Request,
    perform: (call: GatewayCall, known: boolean) => Promise<T>,
  ): Promise<T> {
    const limitMs = request.options?.timeoutMs ?? this.timeoutMs
    const until = performance.now() + (limitMs > 0 ? limitMs : Number.POSITIVE_INFINITY)
    let timeoutMs = limitMs
    let place = this.#firstPlace(request)
    for (let redirects = 0, rounds = 0; ; ) {
      const call = this.#createCall(request, timeoutMs, place)
      try {
        const result = await perform(call, place === undefined || this.#isOurs(place))
        const head: V2Answer = result instanceof V2Lines ? result.head : result
        if (head.status !== 307) return result
        if (++redirects > maxRedirects) throw refusal(request, head)
        place = this.#redirected(request, head)
      } catch (error) {
        const isOver = performance.now() >= until || ++rounds > maxRounds
        if (place === undefined || isOver || !mayAskOthers(error, request)) {
          throw told(request.action, error)
        }
        // It leads no longer; the others will know who does, in a while.
        this.#leader = undefined
        place = undefined
        redirects = 0
        await new Promise((resolve) => setTimeout(resolve, pauseMs))
      }
      if (limitMs > 0) timeoutMs = Math.max(1, Math.ceil(until - performance.now()))
    }
  }

  #perform<T>(
    call: GatewayCall,
    { known, request }: { readonly known: boolean; readonly request: V2Request },
    attempt: Attempt<T>,
  ): Promise<T> {
    const { retries = Number.POSITIVE_INFINITY } = request
    return this.#calls.perform(call, known ? 'token' : 'nothing', async (target) => {
      try {
        return await attempt(target)
      } catch (error) {
        // The leader that was learnt is asked once, since it may be gone.
        const isLast = call.place !== undefined || call.attempts > retries
        throw isLast && error instanceof AttemptError ? error.failure.error : error
      }
    })
  }

  #firstPlace(request: V2Request): GatewayEndpoint | undefined {
    const { method, endpoint, needsLeader = isWrite(method) } = request
    return needsLeader && endpoint === undefined ? this.#leader : undefined
  }

  #createCall(
    request: V2Request,
    timeoutMs: number,
    place: GatewayEndpoint | undefined,
  ): GatewayCall {
    const { method, contentType, endpoint } = request
    const call = this.#calls.create(methods.get(method) ?? createMethod(method), {
      timeoutMs,
      signal: request.options?.signal,
      endpoint: place === undefined ? endpoint : undefined,
      headers: contentType === undefined ? undefined : { 'content-type': contentType },
    })
    call.place = place
    return call
  }

  #redirected(request: V2Request, answer: V2Answer): GatewayEndpoint {
    const location = headerOf(answer.headers, 'location') ?? ''
    const url = URL.canParse(location, answer.endpoint)
      ? new URL(location, answer.endpoint)
      : undefined
    if (url === undefined || !/^https?:$/.test(url.protocol)) {
      throw refusal(request, answer)
    }
    const { endpoints } = this.#places
    const place = endpoints.at(url.origin) ?? endpoints.foreign(url.origin)
    if (request.endpoint === undefined) this.#leader = place
    return place
  }

  // Who is not on the list is not told the password.
  #isOurs(place: GatewayEndpoint): boolean {
    return this.#places.endpoints.balancer.candidates.includes(place)
  }

  async #probe({ url }: GatewayEndpoint): Promise<void> {
    await this.send({
      action: 'probe',
      method: 'GET',
      path: '/version',
      endpoint: url,
      options: { timeoutMs: 2000 },
      needsLeader: false,
    })
  }
}

function isWrite(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD'
}

function refusal({ action, method }: V2Request, answer: V2Answer): EtcdV2Error {
  return errorOfAnswer(answer, { action, isWrite: isWrite(method) })
}

function transient(request: V2Request, answer: V2Answer): AttemptError {
  return new AttemptError({ error: refusal(request, answer), unprocessed: false, transient: true })
}

function mayAskOthers(error: unknown, request: V2Request): boolean {
  if (!(error instanceof EtcdError) || error instanceof EtcdV2Error) return false
  if (error.code === 'closed') return false
  if (error.code === 'deadline-exceeded') return false
  return !isWrite(request.method) || error.outcome === 'not-applied'
}

// With the action before the fact, unless it is there.
function told(action: string, error: unknown): unknown {
  if (!(error instanceof EtcdError) || error.constructor !== EtcdError) return error
  const { code, outcome, endpoint, message } = error
  return new EtcdError(`Cannot ${action}: ${message}`, { code, outcome, endpoint, cause: error })
}
