// One endpoint and the connection to it: idle, connecting, ready, or waiting to try again. Further connections, for a
// server that allows few streams on each, are seen to elsewhere.

import {
  ConnectError,
  type ConnectOptions,
  connect,
  type PendingConnection,
} from '../http2/connect.ts'
import type { Http2Error } from '../http2/errors.ts'
import type { Http2Session } from '../http2/session.ts'
import type { SessionOptions } from '../http2/session-options.ts'
import type { Http2Stream } from '../http2/stream.ts'
import { StreamQueue } from '../http2/stream-queue.ts'
import type { Candidate } from './balancer.ts'
import type { Endpoint } from './endpoint.ts'
import { EndpointHealth } from './endpoint-health.ts'
import { FurtherSessions, type SessionEnds } from './further-sessions.ts'
import { jitter, pauseAfter } from './pauses.ts'
import { type Timer, unref } from './timers.ts'
import { connectionOptions, type TlsOptions } from './tls.ts'

/** How to reach an endpoint. */
export interface ConnectionSettings {
  readonly tls: TlsOptions | undefined
  /** Milliseconds one attempt may take. */
  readonly connectTimeoutMs: number
  readonly session: SessionOptions
  /** Milliseconds after which a further connection that is of no use is closed, once or twice over. Default: 5,000. */
  readonly idleMs?: number | undefined
}

/** What a connection tells its owner. */
export interface ConnectionEvents {
  /** `session` is there. */
  onReady(connection: Connection): void
  /** An attempt failed; the next one is not before a pause of `pauseMs`. */
  onFailed(connection: Connection, error: ConnectError, pauseMs: number): void
  /** The session takes no more calls, by the server's will or by accident. */
  onLost(connection: Connection, error: Http2Error): void
  /** Another attempt is possible. */
  onIdle(connection: Connection): void
}

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting'; readonly attempt: PendingConnection }
  | {
      readonly kind: 'ready'
      readonly attempt: PendingConnection
      readonly session: Http2Session
      readonly since: number
    }
  | { readonly kind: 'pausing'; readonly timer: Timer; readonly since: number; readonly ms: number }
  | { readonly kind: 'closed' }

// As long as calls have nowhere else to go.
const longestAwaitedPauseMs = 250
// A connection that lived this long was a good one, whatever it was used for.
const longLifeMs = 1000
const idle: State = { kind: 'idle' }

/**
 * A connection that can be opened again and again. When the server allows fewer streams on it than there are calls and
 * streams, up to seven more are opened beside it; streams that last leave one stream of the first to calls.
 */
export class Connection implements Candidate {
  readonly endpoint: Endpoint
  readonly secure: boolean
  readonly health: EndpointHealth = new EndpointHealth()
  readonly #settings: ConnectionSettings
  readonly #events: ConnectionEvents
  // Sessions that take no new streams and finish their old ones.
  readonly #draining = new Set<PendingConnection>()
  readonly #queue = new StreamQueue()
  readonly #further: FurtherSessions
  #state: State = idle
  #failures = 0
  /** The open session, if there is one that takes new streams. */
  session: Http2Session | undefined
  /** Why the last attempt failed; `undefined` once one succeeded. */
  lastError: ConnectError | undefined
  /** Calls were answered on the open session: its owner says so. */
  hasServed = false

  constructor(endpoint: Endpoint, settings: ConnectionSettings, events: ConnectionEvents) {
    this.endpoint = endpoint
    this.secure = endpoint.secure ?? settings.tls !== undefined
    this.#settings = settings
    this.#events = events
    const open = (ends: SessionEnds): PendingConnection => this.#connect(ends, true)
    this.#further = new FurtherSessions(this.#queue, open, settings.idleMs)
  }

  get isOpen(): boolean {
    return this.session !== undefined
  }

  /** Starts an attempt if nothing is under way and no pause is due. */
  open(): void {
    if (this.#state.kind !== 'idle') return
    try {
      this.#attempt()
    } catch (cause) {
      // A certificate or key that cannot be read or parsed.
      const message = cause instanceof Error ? cause.message : String(cause)
      this.#pause(new ConnectError('tls', message, cause))
    }
  }

  /** A call has nowhere else to go: cuts a long pause short. */
  hurry(): void {
    const state = this.#state
    if (state.kind !== 'pausing' || state.ms <= longestAwaitedPauseMs) return
    clearTimeout(state.timer)
    const passedMs = performance.now() - state.since
    this.#startPause(jitter(longestAwaitedPauseMs) - passedMs, state.since)
  }

  #connect(
    ends: Pick<ConnectOptions, 'onDraining' | 'onClose'>,
    isFurther: boolean,
  ): PendingConnection {
    const { tls, connectTimeoutMs, session } = this.#settings
    return connect({
      target: this.endpoint.target,
      tls: this.secure ? connectionOptions(tls ?? {}) : undefined,
      timeoutMs: connectTimeoutMs,
      session: { ...session, queue: this.#queue, isFurther },
      ...ends,
    })
  }

  #attempt(): void {
    const ends = {
      onDraining: (error: Http2Error): void => this.#lose(attempt, error),
      onClose: (error: Http2Error): void => {
        this.#lose(attempt, error)
        this.#draining.delete(attempt)
      },
    }
    const attempt = this.#connect(ends, false)
    this.#state = { kind: 'connecting', attempt }
    attempt.session.then(
      (session) => this.#succeed(attempt, session),
      (error: ConnectError) => this.#failed(attempt, error),
    )
  }

  #succeed(attempt: PendingConnection, session: Http2Session): void {
    if (this.#state.kind !== 'connecting' || this.#state.attempt !== attempt) return
    if (!session.isOpen) {
      this.#failed(attempt, new ConnectError('http2', 'the server closed the connection'))
      return
    }
    this.#state = { kind: 'ready', attempt, session, since: performance.now() }
    this.session = session
    this.lastError = undefined
    this.hasServed = false
    this.#events.onReady(this)
  }

  #failed(attempt: PendingConnection, error: ConnectError): void {
    if (this.#state.kind !== 'connecting' || this.#state.attempt !== attempt) return
    this.#pause(error)
  }

  #pause(error: ConnectError): void {
    this.lastError = error
    const pauseMs = pauseAfter(this.#failures++)
    this.#startPause(pauseMs, performance.now())
    this.#events.onFailed(this, error, pauseMs)
  }

  #startPause(ms: number, since: number): void {
    const over = (): void => {
      this.#state = idle
      this.#events.onIdle(this)
    }
    const timer = setTimeout(over, Math.max(0, ms))
    unref(timer)
    this.#state = { kind: 'pausing', timer, since, ms }
  }

  #lose(attempt: PendingConnection, error: Http2Error): void {
    const state = this.#state
    if (state.kind !== 'ready' || state.attempt !== attempt) return
    this.#draining.add(attempt)
    this.session = undefined
    this.#state = idle
    this.#events.onLost(this, error)
    // One that was of no use counts as a failed attempt: what hangs up on everyone is not asked without end.
    if (this.hasServed || performance.now() - state.since >= longLifeMs) this.#failures = 0
    else if (this.#failures++ > 0) {
      this.#startPause(pauseAfter(this.#failures), performance.now())
      return
    }
    this.#events.onIdle(this)
  }

  /** Takes no calls for now, since the server is silent; the session stays. Returns whether it was open. */
  stall(): boolean {
    const wasOpen = this.isOpen
    this.session = undefined
    return wasOpen
  }

  /** Takes calls again if the session has received anything since `time`. Returns `undefined` when it is gone. */
  resume(time: number): boolean | undefined {
    const state = this.#state
    if (state.kind !== 'ready') return undefined
    if (state.session.liveness.lastReceived < time) return false
    this.session = state.session
    return true
  }

  /** An attempt is under way or due, and calls may wait for it. */
  get isAwaited(): boolean {
    return this.#state.kind === 'connecting' || this.#state.kind === 'pausing'
  }

  /** Whether calls that go on on this session go on here. */
  owns(session: Http2Session): boolean {
    return this.session === session || this.#further.has(session)
  }

  /** What goes on on all of its sessions. Each stream may be ended while going through them. */
  *streams(): Iterable<Http2Stream> {
    if (this.#state.kind === 'ready') yield* this.#state.session.streams()
    for (const session of this.#further.sessions) yield* session.streams()
  }

  /** There is no socket. */
  get isGone(): boolean {
    const { kind } = this.#state
    return kind !== 'ready' && this.#draining.size === 0 && !this.isAwaited && this.#further.isGone
  }

  /** Takes no new calls, and closes when the ones under way have ended. Returns the sessions they are on. */
  retire(): readonly Http2Session[] {
    const state = this.#state
    const further = this.#further.retire()
    if (state.kind !== 'ready') {
      void this.#closeFirst()
      return further
    }
    this.session = undefined
    this.#state = { kind: 'closed' }
    this.#draining.add(state.attempt)
    state.session.retire()
    return [state.session, ...further]
  }

  /** Ends the connection and every call on it; resolves when its sockets are gone. No attempt is made after it. */
  async close(): Promise<void> {
    await Promise.all([this.#closeFirst(), this.#further.close()])
  }

  async #closeFirst(): Promise<void> {
    const state = this.#state
    const attempts = [...this.#draining]
    this.#state = { kind: 'closed' }
    this.session = undefined
    if (state.kind === 'pausing') clearTimeout(state.timer)
    if (state.kind === 'connecting' || state.kind === 'ready') attempts.push(state.attempt)
    await Promise.all(attempts.map((attempt) => attempt.destroy()))
  }
}
