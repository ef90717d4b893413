// What becomes of each call over gRPC: picks a connection for it, sends it off, and again where that is safe.

import {
  authenticate,
  type CallOptions,
  CallOptionsError,
  type EtcdError,
  type EventSink,
  type MessageInit,
  type MessageStream,
  type SetEndpointsOptions,
  type StreamMethod,
  type UnaryMethod,
} from '@etcdkit/protocol'
import type { Http2Session } from '../../http2/session.ts'
import { askForToken } from '../ask-for-token.ts'
import type { Connection } from '../connection.ts'
import { ConnectionPool } from '../connection-pool.ts'
import { Deadlines } from '../deadlines.ts'
import { type Endpoint, parseEndpoint, parseEndpoints } from '../endpoint.ts'
import { isEndpointSource, SourceFollower } from '../endpoint-source.ts'
import {
  blamesEndpoint,
  closedError,
  deadlineExceeded,
  endpointRemoved,
  type Failure,
  noFreeStream,
  notAuthenticated,
  notConnected,
  notSent,
} from '../failure.ts'
import { patientServices } from '../patient-services.ts'
import { probeEndpoint } from '../probe.ts'
import { nextAttempt } from '../retry.ts'
import { TokenStore } from '../token.ts'
import { eventSink, traceEnd, traceStart } from '../tracing.ts'
import type { CallOwner, GrpcCall } from './call.ts'
import { checkOptions, type GrpcTransportOptions } from './grpc-options.ts'
import { ParkedCalls } from './parked-calls.ts'
import { checkHeaders, RequestHeaders } from './request-headers.ts'
import { StallWatch } from './stall-watch.ts'
import { StreamCall } from './stream-call.ts'
import { UnaryCall } from './unary-call.ts'

const defaultEndpoint = 'http://127.0.0.1:2379'

/** The calls of a transport, its connections, and its token. */
export class CallDispatcher implements CallOwner {
  readonly maxMessageBytes: number
  /** Hears what happens to the connections and the calls. */
  onEvent: EventSink | undefined = undefined
  readonly #options: GrpcTransportOptions
  readonly #timeoutMs: number
  readonly #deadlines = new Deadlines()
  readonly #pool: ConnectionPool
  readonly #token: TokenStore
  readonly #headers = new WeakMap<Connection, RequestHeaders>()
  readonly #parked = new ParkedCalls()
  readonly #stalls: StallWatch
  #source: SourceFollower | undefined
  #closed = false

  /** Throws `TypeError` or `RangeError` on options that cannot be. */
  constructor(options: GrpcTransportOptions) {
    checkOptions(options)
    const { endpoints = defaultEndpoint, auth } = options
    const isSource = isEndpointSource(endpoints)
    this.#options = options
    this.#timeoutMs = options.timeoutMs ?? 5000
    this.maxMessageBytes = options.maxMessageBytes ?? 512 * 1024 * 1024
    this.#token = new TokenStore(
      auth,
      (name, password) => askForToken(this, name, password),
      () => this.#sink()?.({ type: 'token-refreshed' }),
    )
    this.#pool = this.#createPool(isSource ? [] : parseEndpoints(endpoints))
    this.#stalls = this.#createStallWatch()
    if (!isSource) return
    this.#source = new SourceFollower(endpoints, {
      found: (list) => this.#useEndpoints(list),
      ready: () => this.#sendWaiting(),
    })
  }

  #createPool(endpoints: readonly Endpoint[]): ConnectionPool {
    const { tls, connectTimeoutMs = 3000, pingIntervalMs, pingTimeoutMs } = this.#options
    const settings = { tls, connectTimeoutMs, session: { pingIntervalMs, pingTimeoutMs } }
    return new ConnectionPool(endpoints, settings, {
      connectionReady: () => this.#sendWaiting(),
      connectionRemoved: endStreams,
      probe: ({ endpoint }) => probeEndpoint(this, endpoint.url),
      sink: () => this.#sink(),
    })
  }

  #createStallWatch(): StallWatch {
    return new StallWatch({
      calls: () => this.#deadlines.items(),
      hasOther: (than) => this.#pool.hasOther(than),
      stalled: (connection, { error }) => this.#pool.failed(connection, error),
      resumed: (connection) => this.#pool.resumed(connection),
      moved: (call, failure, waitedMs) => {
        const { connection } = call
        if (connection !== undefined) this.#pool.timedOut(connection, failure.error, waitedMs)
        this.attemptFailed(call, failure)
      },
    })
  }

  get endpoints(): readonly string[] {
    return this.#pool.endpoints
  }

  setEndpoints(endpoints: string | readonly string[], options?: SetEndpointsOptions): void {
    const list = parseEndpoints(endpoints)
    if (this.#closed) return
    if (options?.keepSource !== true) {
      this.#source?.close()
      this.#source = undefined
    }
    this.#useEndpoints(list)
  }

  unary<I extends object, O extends object>(
    method: UnaryMethod<I, O>,
    request: MessageInit<I>,
    options?: CallOptions,
  ): Promise<O> {
    return new Promise((resolve, reject) => {
      this.#start(new UnaryCall(this, method, request, options, resolve, reject))
    })
  }

  stream<I extends object, O extends object>(
    method: StreamMethod<I, O>,
    options?: CallOptions,
  ): MessageStream<I, O> {
    const call = new StreamCall(this, method, options)
    this.#start(call)
    return call
  }

  renewToken(stream?: object): boolean {
    if (!(stream instanceof StreamCall)) return this.#token.renew()
    return this.#token.refused(stream.token)
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#source?.close()
    this.#stalls.close()
    for (const call of this.#parked.all()) call.reject(closedError(call.method, call.sent))
    // The calls that are under way fail with their sessions, through `attemptFailed`.
    await this.#pool.close()
    this.#deadlines.close()
  }

  #start(call: GrpcCall): void {
    traceStart(call)
    if (this.#closed) {
      call.reject(closedError(call.method, false))
      return
    }
    if (call.options !== undefined && !acceptsOptions(call)) return
    if (!call.observeSignal()) return
    this.#deadlines.add(call, this.#limitOf(call))
    this.#dispatch(call)
  }

  // A stream has no limit of its own, but opening it has.
  #limitOf(call: GrpcCall): number {
    return call.options?.timeoutMs ?? this.#timeoutMs
  }

  #dispatch(call: GrpcCall): void {
    if (!this.#token.ready && call.method !== authenticate) {
      this.#awaitToken(call)
      return
    }
    try {
      const connection = this.#pool.pick(call.options?.endpoint)
      if (connection === undefined) this.#awaitConnection(call)
      else this.#send(call, connection)
    } catch (error) {
      // The endpoint is none, or the request cannot be encoded: nothing was sent.
      call.reject(error)
    }
  }

  #send(call: GrpcCall, connection: Connection): void {
    const session = connection.session
    if (session === undefined) {
      this.#awaitConnection(call)
      return
    }
    call.token = call.method === authenticate ? undefined : this.#token.current
    call.begin(connection, session, this.#block(call, connection))
    if (call instanceof UnaryCall) this.#stalls.watch()
    else if (!call.isQueued) this.callBegun(call)
  }

  #awaitConnection(call: GrpcCall): void {
    this.#parked.awaitConnection(call)
    if (call.options?.endpoint === undefined) this.#source?.ask()
  }

  #awaitToken(call: GrpcCall): void {
    if (!this.#parked.awaitToken(call)) return
    this.#token.acquire().then(
      () => {
        for (const each of this.#parked.takeTokenless()) this.#dispatch(each)
      },
      (error: unknown) => {
        for (const each of this.#parked.takeTokenless()) {
          each.reject(notAuthenticated(each.method, error))
        }
      },
    )
  }

  #useEndpoints(endpoints: readonly Endpoint[]): void {
    this.#pool.setEndpoints(endpoints)
    this.#sendWaiting()
  }

  #sendWaiting(): void {
    for (const call of this.#parked.takeConnectionless()) this.#dispatch(call)
  }

  #sink(): EventSink | undefined {
    return eventSink(this.onEvent)
  }

  #block(call: GrpcCall, connection: Connection): Uint8Array {
    let headers = this.#headers.get(connection)
    if (headers === undefined) {
      headers = new RequestHeaders({
        secure: connection.secure,
        authority: connection.endpoint.authority,
        userAgent: this.#options.userAgent ?? 'etcdkit',
        headers: this.#options.headers ?? {},
      })
      this.#headers.set(connection, headers)
    }
    return headers.block(call.method, call.options, call.token)
  }

  // --- CallOwner ---

  get round(): number {
    return this.#stalls.round
  }

  callBegun(call: GrpcCall): void {
    if (call instanceof UnaryCall || call.options?.timeoutMs !== undefined) return
    this.#deadlines.remove(call)
  }

  callAnswered({ connection }: GrpcCall): void {
    if (connection === undefined) return
    connection.hasServed = true
    const { isHealthy, timeouts } = connection.health
    if (!isHealthy || timeouts > 0) this.#pool.succeeded(connection)
  }

  attemptFailed(call: GrpcCall, failure: Failure): void {
    const { connection, session } = call
    call.session = undefined
    if (this.#closed) {
      call.reject(closedError(call.method, !failure.unprocessed))
      return
    }
    if (connection !== undefined) this.#judge(connection, session, failure)
    const parts = { tokens: this.#token, endpoints: this.#pool.size }
    const pauseMs = nextAttempt(call, failure, parts)
    if (pauseMs === undefined) {
      call.reject(failure.error)
      return
    }
    this.#sink()?.({
      type: 'retrying',
      method: `${call.method.service}/${call.method.name}`,
      endpoint: failure.error.endpoint,
      attempt: call.attempts + 1,
      error: failure.error,
    })
    this.#parked.pause(call, pauseMs, (each) => this.#dispatch(each))
  }

  // What broke the connection is the connection's: it opens another one. Else the member has said how it is.
  #judge(connection: Connection, session: Http2Session | undefined, failure: Failure): void {
    if (session === undefined || !connection.owns(session)) return
    if (blamesEndpoint(failure)) this.#pool.failed(connection, failure.error)
    else connection.hasServed = true
  }

  callEnded(call: GrpcCall, error: unknown): void {
    this.#deadlines.remove(call)
    this.#parked.remove(call)
    if (call.trace !== undefined) traceEnd(call, call.connection?.endpoint.url, error)
  }

  callExpired(call: GrpcCall): void {
    const error = this.#expiry(call)
    const { connection, session, method, isQueued } = call
    call.cancelAttempt()
    const isBlamed = !isQueued && !patientServices.has(method.service)
    if (isBlamed && connection !== undefined && session !== undefined) {
      this.#pool.timedOut(connection, error, this.#limitOf(call))
    }
    call.reject(error)
  }

  // The reason it could not be done in time says more than that it could not.
  #expiry(call: GrpcCall): EtcdError {
    const { method, lastFailure } = call
    const endpoint = call.options?.endpoint
    if (call.isQueued)
      return noFreeStream(method, this.#limitOf(call), call.connection?.endpoint.url)
    const isWaiting = this.#parked.lacksConnection(call)
    if (isWaiting && lastFailure === undefined) {
      const error = this.#source?.lastError
      if (error !== undefined && endpoint === undefined && this.#pool.size === 0) {
        return notSent(method, error)
      }
      const failed = this.#pool.lastFailure(endpoint)
      if (failed?.lastError !== undefined) {
        return notConnected(method, failed.endpoint.url, failed.lastError)
      }
    }
    if (lastFailure !== undefined && (isWaiting || this.#parked.isPausing(call))) {
      return lastFailure.error
    }
    return deadlineExceeded(method, this.#limitOf(call), call.connection?.endpoint.url, call.sent)
  }
}

// Rejects a call with headers that cannot be sent or an endpoint that is none, before any I/O.
function acceptsOptions(call: GrpcCall): boolean {
  try {
    checkHeaders(call.options?.headers)
    if (call.options?.endpoint !== undefined) parseEndpoint(call.options.endpoint)
    return true
  } catch (error) {
    call.reject(new CallOptionsError(error instanceof Error ? error.message : String(error)))
    return false
  }
}

// Those that go on for ever are opened anew elsewhere; the others finish where they are, unless they were sent there on
// purpose.
function endStreams({ endpoint }: Connection, sessions: readonly Http2Session[]): void {
  for (const call of sessions.flatMap((session) => [...session.streams()])) {
    if (!(call instanceof StreamCall) || call.options?.endpoint !== undefined) continue
    if (call.method.kind !== 'bidi-streaming') continue
    call.cancelAttempt()
    call.reject(endpointRemoved(endpoint.url))
  }
}
