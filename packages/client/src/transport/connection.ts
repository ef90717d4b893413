// One endpoint and the connection to it: idle, connecting, ready, or waiting to try again.

import { ConnectError, connect, type PendingConnection } from '../http2/connect.ts'
import type { Http2Session, SessionOptions } from '../http2/session.ts'
import type { Endpoint } from './endpoint.ts'
import { connectionOptions, type TlsOptions } from './tls.ts'

/** How to reach an endpoint. */
export interface ConnectionSettings {
  readonly tls: TlsOptions | undefined
  /** Milliseconds one attempt may take. */
  readonly connectTimeoutMs: number
  readonly session: SessionOptions
}

/** What a connection tells its owner. */
export interface ConnectionEvents {
  /** `session` is there. */
  onReady(connection: Connection): void
  /** An attempt failed; the next one is not before a pause. */
  onFailed(connection: Connection, error: ConnectError): void
  /** Another attempt is possible. */
  onIdle(connection: Connection): void
}

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting'; readonly attempt: PendingConnection }
  | { readonly kind: 'ready'; readonly attempt: PendingConnection; readonly session: Http2Session }
  | { readonly kind: 'pausing'; readonly timer: ReturnType<typeof setTimeout> }
  | { readonly kind: 'closed' }

const firstPauseMs = 20
const longestPauseMs = 2000
const idle: State = { kind: 'idle' }

/** A connection that can be opened again and again. */
export class Connection {
  readonly endpoint: Endpoint
  readonly secure: boolean
  readonly #settings: ConnectionSettings
  readonly #events: ConnectionEvents
  // Sessions that take no new streams and finish their old ones.
  readonly #draining = new Set<PendingConnection>()
  #state: State = idle
  #failures = 0
  /** The open session, if there is one that takes new streams. */
  session: Http2Session | undefined
  /** Why the last attempt failed; `undefined` once one succeeded. */
  lastError: ConnectError | undefined

  constructor(endpoint: Endpoint, settings: ConnectionSettings, events: ConnectionEvents) {
    this.endpoint = endpoint
    this.secure = endpoint.secure ?? settings.tls !== undefined
    this.#settings = settings
    this.#events = events
  }

  /** Starts an attempt if nothing is under way and no pause is due. */
  connect(): void {
    if (this.#state.kind !== 'idle') return
    try {
      this.#attempt()
    } catch (cause) {
      // A certificate or key that cannot be read or parsed.
      const message = cause instanceof Error ? cause.message : String(cause)
      this.#pause(new ConnectError('tls', message, cause))
    }
  }

  #attempt(): void {
    const attempt: PendingConnection = connect({
      target: this.endpoint.target,
      tls: this.secure ? connectionOptions(this.#settings.tls ?? {}) : undefined,
      timeoutMs: this.#settings.connectTimeoutMs,
      session: this.#settings.session,
      onDraining: () => this.#lose(attempt),
      onClose: () => {
        this.#lose(attempt)
        this.#draining.delete(attempt)
      },
    })
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
    this.#state = { kind: 'ready', attempt, session }
    this.session = session
    this.lastError = undefined
    this.#failures = 0
    this.#events.onReady(this)
  }

  #failed(attempt: PendingConnection, error: ConnectError): void {
    if (this.#state.kind !== 'connecting' || this.#state.attempt !== attempt) return
    this.#pause(error)
  }

  #pause(error: ConnectError): void {
    this.lastError = error
    const pauseMs = pauseAfter(this.#failures++)
    const timer = setTimeout(() => {
      this.#state = idle
      this.#events.onIdle(this)
    }, pauseMs)
    timer.unref()
    this.#state = { kind: 'pausing', timer }
    this.#events.onFailed(this, error)
  }

  #lose(attempt: PendingConnection): void {
    if (this.#state.kind !== 'ready' || this.#state.attempt !== attempt) return
    this.#draining.add(attempt)
    this.session = undefined
    this.#state = idle
    this.#events.onIdle(this)
  }

  /** An attempt is under way or due, and calls may wait for it. */
  get isAwaited(): boolean {
    return this.#state.kind === 'connecting' || this.#state.kind === 'pausing'
  }

  /** There is no socket. */
  get isGone(): boolean {
    return this.session === undefined && this.#draining.size === 0 && !this.isAwaited
  }

  /** Takes no new calls, and closes when the ones under way have ended. */
  retire(): void {
    const state = this.#state
    if (state.kind === 'ready') state.session.retire()
    else void this.close()
  }

  /** Ends the connection and every call on it; resolves when its sockets are gone. No attempt is made after it. */
  async close(): Promise<void> {
    const state = this.#state
    const attempts = [...this.#draining]
    this.#state = { kind: 'closed' }
    this.session = undefined
    if (state.kind === 'pausing') clearTimeout(state.timer)
    if (state.kind === 'connecting' || state.kind === 'ready') attempts.push(state.attempt)
    await Promise.all(attempts.map((attempt) => attempt.destroy()))
  }
}

/** Milliseconds to wait after the nth failure in a row: doubling, with full jitter above the half. */
export function pauseAfter(failures: number): number {
  const longest = Math.min(firstPauseMs * 2 ** Math.min(failures, 16), longestPauseMs)
  return longest / 2 + (Math.random() * longest) / 2
}
