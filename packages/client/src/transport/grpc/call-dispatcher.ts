// The gRPC transport: picks a connection for each call, sends it off, and again where that is safe.

import {
  Auth,
  type CallOptions,
  CallOptionsError,
  EtcdError,
  type MessageInit,
  type MessageStream,
  type StreamMethod,
  type Transport,
  type UnaryMethod,
} from '@etcdkit/protocol'
import type { Connection } from '../connection.ts'
import { ConnectionPool } from '../connection-pool.ts'
import { Deadlines } from '../deadlines.ts'
import { parseEndpoint, parseEndpoints } from '../endpoint.ts'
import {
  closedError,
  deadlineExceeded,
  type Failure,
  notAuthenticated,
  notConnected,
} from '../failure.ts'
import { mayRetry, pauseBeforeRetry } from '../retry.ts'
import { checkTls, type TlsOptions } from '../tls.ts'
import { type AuthOptions, checkAuth, isTokenRefusal, TokenStore } from '../token.ts'
import type { CallOwner, GrpcCall } from './call.ts'
import { checkHeaders, RequestHeaders } from './request-headers.ts'
import { StreamCall } from './stream-call.ts'
import { UnaryCall } from './unary-call.ts'

/** How to reach a cluster over gRPC. */
export interface GrpcTransportOptions {
  /** A list such as `http://a:2379,http://b:2379`, or an array. Default: `http://127.0.0.1:2379`. */
  readonly endpoints?: string | readonly string[] | undefined
  /** TLS for endpoints with `https`, `unixs`, or no scheme at all. */
  readonly tls?: TlsOptions | undefined
  /** Who to be. The token is had at the first call, and anew when the server refuses it. */
  readonly auth?: AuthOptions | undefined
  /** Milliseconds a unary call may take, 0 or `Infinity` for no limit. Default: 5,000. */
  readonly timeoutMs?: number | undefined
  /** Milliseconds one attempt to connect may take. Default: 3,000. */
  readonly connectTimeoutMs?: number | undefined
  /** Metadata of every call. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** The largest message to accept, in bytes. Default: 512 MiB. */
  readonly maxMessageBytes?: number | undefined
  /** Milliseconds of silence before a PING, while calls are open. Default 8,000; at least 5,000. */
  readonly pingIntervalMs?: number | undefined
  /** Milliseconds a PING may stay unanswered. Default: 4,000. */
  readonly pingTimeoutMs?: number | undefined
  /** The `user-agent` of every call. Default: `etcdkit`. */
  readonly userAgent?: string | undefined
}

// A token may be outdated by a change of users between its issue and its use, but hardly so often in a row.
const maxTokenRefusals = 3
const defaultEndpoint = 'http://127.0.0.1:2379'

const optionNames: ReadonlySet<string> = new Set<keyof GrpcTransportOptions>([
  'endpoints',
  'tls',
  'auth',
  'timeoutMs',
  'connectTimeoutMs',
  'headers',
  'maxMessageBytes',
  'pingIntervalMs',
  'pingTimeoutMs',
  'userAgent',
])

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

// Throws `TypeError` or `RangeError` on what cannot work, before any I/O.
function checkOptions(options: GrpcTransportOptions): void {
  for (const name of Object.keys(options)) {
    if (!optionNames.has(name)) throw new TypeError(`there is no option ${JSON.stringify(name)}`)
  }
  checkHeaders(options.headers)
  checkTls(options.tls)
  checkAuth(options.auth)
  for (const name of [
    'timeoutMs',
    'connectTimeoutMs',
    'maxMessageBytes',
    'pingTimeoutMs',
  ] as const) {
    const value = options[name]
    if (value !== undefined && !(typeof value === 'number' && value >= 0)) {
      throw new RangeError(`${name} must be a number of at least 0, not ${String(value)}`)
    }
  }
  const { pingIntervalMs } = options
  if (pingIntervalMs !== undefined && !(pingIntervalMs >= 5000)) {
    throw new RangeError(
      'pingIntervalMs must be at least 5000: etcd cuts connections that ping more often',
    )
  }
}

/** etcd's v3 API over gRPC. Nothing is connected before the first call. */
export class GrpcTransport implements Transport, CallOwner {
  readonly fullDuplex = true
  readonly maxMessageBytes: number
  readonly #options: GrpcTransportOptions
  readonly #timeoutMs: number
  readonly #deadlines = new Deadlines()
  readonly #pool: ConnectionPool
  readonly #token: TokenStore
  /** Calls that wait for a token. */
  readonly #needingToken = new Set<GrpcCall>()
  readonly #headers = new WeakMap<Connection, RequestHeaders>()
  /** Calls that wait for a connection. */
  readonly #waiting = new Set<GrpcCall>()
  /** Calls that wait before they are sent again. */
  readonly #pausing = new Map<GrpcCall, ReturnType<typeof setTimeout>>()
  #closed = false

  constructor(options: GrpcTransportOptions = {}) {
    checkOptions(options)
    this.#options = options
    this.#timeoutMs = options.timeoutMs ?? 5000
    this.maxMessageBytes = options.maxMessageBytes ?? 512 * 1024 * 1024
    this.#token = new TokenStore(options.auth, (name, password) =>
      this.#authenticate(name, password),
    )
    this.#pool = new ConnectionPool(
      parseEndpoints(options.endpoints ?? defaultEndpoint),
      {
        tls: options.tls,
        connectTimeoutMs: options.connectTimeoutMs ?? 3000,
        session: { pingIntervalMs: options.pingIntervalMs, pingTimeoutMs: options.pingTimeoutMs },
      },
      () => this.#sendWaiting(),
    )
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

  async close(): Promise<void> {
    this.#closed = true
    for (const call of [...this.#waiting, ...this.#needingToken, ...this.#pausing.keys()]) {
      call.reject(closedError(call.method, call.sent))
    }
    // The calls that are under way fail with their sessions, through `attemptFailed`.
    await this.#pool.close()
    this.#deadlines.close()
  }

  #start(call: GrpcCall): void {
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
    if (!this.#token.ready && call.method !== Auth.authenticate) {
      this.#awaitToken(call)
      return
    }
    try {
      const connection = this.#pool.pick(call.options?.endpoint)
      if (connection === undefined) this.#waiting.add(call)
      else this.#send(call, connection)
    } catch (error) {
      // The endpoint is none, or the request cannot be encoded: nothing was sent.
      call.reject(error)
    }
  }

  #send(call: GrpcCall, connection: Connection): void {
    const session = connection.session
    if (session === undefined) {
      this.#waiting.add(call)
      return
    }
    call.token = call.method === Auth.authenticate ? undefined : this.#token.current
    call.begin(connection, session, this.#block(call, connection))
    if (call instanceof StreamCall && call.options?.timeoutMs === undefined)
      this.#deadlines.remove(call)
  }

  #awaitToken(call: GrpcCall): void {
    this.#needingToken.add(call)
    if (this.#needingToken.size > 1) return
    this.#token.acquire().then(
      () => {
        for (const each of this.#takeNeedingToken()) this.#dispatch(each)
      },
      (error: unknown) => {
        for (const each of this.#takeNeedingToken())
          each.reject(notAuthenticated(each.method, error))
      },
    )
  }

  #takeNeedingToken(): GrpcCall[] {
    const calls = [...this.#needingToken]
    this.#needingToken.clear()
    return calls
  }

  async #authenticate(name: string, password: string): Promise<string | undefined> {
    try {
      // A token too many does no harm.
      const options = { repeatable: true }
      const { token } = await this.unary(Auth.authenticate, { name, password }, options)
      return token
    } catch (error) {
      if (error instanceof EtcdError && error.code === 'auth-not-enabled') return undefined
      throw error
    }
  }

  #sendWaiting(): void {
    if (this.#waiting.size === 0) return
    const calls = [...this.#waiting]
    this.#waiting.clear()
    for (const call of calls) this.#dispatch(call)
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

  attemptFailed(call: GrpcCall, failure: Failure): void {
    if (this.#closed) {
      call.reject(closedError(call.method, !failure.unprocessed))
      return
    }
    if (isTokenRefusal(failure.error.code) && this.#renewsToken(call)) return
    if (!mayRetry(call.method, call.options, failure, call.attempts)) {
      call.reject(failure.error)
      return
    }
    call.lastFailure = failure
    if (failure.error.outcome === 'unknown') call.possiblyApplied = true
    const pauseMs = pauseBeforeRetry(call.attempts, this.#pool.size)
    const timer = setTimeout(() => {
      this.#pausing.delete(call)
      this.#dispatch(call)
    }, pauseMs)
    this.#pausing.set(call, timer)
  }

  // A refused token says that nothing was done, so that any call may be sent again.
  #renewsToken(call: GrpcCall): boolean {
    if (call instanceof StreamCall || call.method === Auth.authenticate) return false
    if (++call.tokenRefusals > maxTokenRefusals || !this.#token.refused(call.token)) return false
    this.#dispatch(call)
    return true
  }

  callEnded(call: GrpcCall): void {
    this.#deadlines.remove(call)
    if (this.#waiting.size > 0) this.#waiting.delete(call)
    if (this.#needingToken.size > 0) this.#needingToken.delete(call)
    if (this.#pausing.size === 0) return
    clearTimeout(this.#pausing.get(call))
    this.#pausing.delete(call)
  }

  callExpired(call: GrpcCall): void {
    call.cancelAttempt()
    call.reject(this.#expiry(call))
  }

  // The reason it could not be done in time says more than that it could not.
  #expiry(call: GrpcCall): unknown {
    const { method } = call
    if (this.#waiting.has(call)) {
      const failed = this.#pool.lastFailure(call.options?.endpoint)
      if (failed?.lastError !== undefined && call.lastFailure === undefined) {
        return notConnected(method, failed.endpoint.url, failed.lastError)
      }
    }
    if (call.lastFailure !== undefined && (this.#waiting.has(call) || this.#pausing.has(call))) {
      return call.lastFailure.error
    }
    return deadlineExceeded(method, this.#limitOf(call), call.connection?.endpoint.url, call.sent)
  }
}
