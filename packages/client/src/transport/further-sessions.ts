// Further connections to one endpoint, for a server that allows few streams on each: opened when streams wait, one at a
// time, and closed when nothing goes on on them.

import type { PendingConnection } from '../http2/connect.ts'
import type { Http2Session } from '../http2/session.ts'
import type { StreamQueue } from '../http2/stream-queue.ts'
import { pauseAfter } from './pauses.ts'
import { type Timer, unref } from './timers.ts'

/** Beside the first, so that there are eight connections to an endpoint at most. */
const maxSessions = 7
// A burst of calls is over before another connection is there.
const burstMs = 20
const defaultIdleMs = 5000

/** Who is told of what becomes of a connection. */
export interface SessionEnds {
  onDraining(): void
  onClose(): void
}

/** Opens a connection whose session takes streams out of the queue. Throws when the TLS options cannot be read. */
export type OpenSession = (ends: SessionEnds) => PendingConnection

/** The sessions beside the first. */
export class FurtherSessions {
  readonly #queue: StreamQueue
  readonly #open: OpenSession
  readonly #idleMs: number
  readonly #sessions = new Map<PendingConnection, Http2Session>()
  // Sessions that take no new streams and finish their old ones.
  readonly #draining = new Set<PendingConnection>()
  // How many streams had been opened on those that were idle at the last look.
  readonly #idle = new WeakMap<Http2Session, number>()
  #attempt: PendingConnection | undefined
  #timer: Timer | undefined
  #sweeper: Timer | undefined
  #failures = 0
  #isOver = false

  /** `idleMs`: how long one may be of no use, once or twice over. Default: 5,000. */
  constructor(queue: StreamQueue, open: OpenSession, idleMs: number = defaultIdleMs) {
    this.#queue = queue
    this.#open = open
    this.#idleMs = idleMs
    queue.onCrowded = (isLasting) => this.#grow(isLasting ? 0 : burstMs)
  }

  /** Those that take streams. */
  get sessions(): readonly Http2Session[] {
    return [...this.#sessions.values()]
  }

  /** Whether the session is one of them. Cheap while there are none. */
  has(session: Http2Session): boolean {
    if (this.#sessions.size === 0) return false
    for (const each of this.#sessions.values()) if (each === session) return true
    return false
  }

  /** There is no socket. */
  get isGone(): boolean {
    return this.#sessions.size === 0 && this.#draining.size === 0 && this.#attempt === undefined
  }

  /** Opens no more; each closes when the streams on it have ended. Returns those that take streams until now. */
  retire(): readonly Http2Session[] {
    const sessions = this.sessions
    this.#stop()
    for (const session of sessions) session.retire()
    return sessions
  }

  /** Ends all of them and what is on them; resolves when their sockets are gone. */
  async close(): Promise<void> {
    const all = [...this.#sessions.keys(), ...this.#draining]
    this.#stop()
    await Promise.all(all.map((each) => each.destroy()))
  }

  #stop(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    clearTimeout(this.#sweeper)
    const attempt = this.#attempt
    if (attempt === undefined) return
    this.#attempt = undefined
    this.#draining.add(attempt)
    void attempt.destroy().then(() => this.#draining.delete(attempt))
  }

  #grow(delayMs: number): void {
    if (this.#attempt !== undefined || this.#sessions.size >= maxSessions || this.#isOver) return
    // What waits for a burst to be over does not hold up what lasts; a pause after a failure does.
    if (this.#timer !== undefined && (delayMs > 0 || this.#failures > 0)) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (delayMs === 0) this.#connect()
    else this.#growLater(delayMs)
  }

  #growLater(delayMs: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      if (this.#queue.size > 0) this.#connect()
    }, delayMs)
    unref(this.#timer)
  }

  #connect(): void {
    try {
      const attempt: PendingConnection = this.#open({
        onDraining: () => this.#leave(attempt),
        onClose: () => {
          this.#leave(attempt)
          this.#draining.delete(attempt)
        },
      })
      this.#attempt = attempt
      attempt.session.then(
        (session) => this.#succeed(attempt, session),
        () => this.#fail(attempt),
      )
    } catch {
      // A certificate or key that cannot be read any more: the first connection tells, when it has to be opened again.
      this.#failLater()
    }
  }

  #succeed(attempt: PendingConnection, session: Http2Session): void {
    if (this.#attempt !== attempt) return
    this.#attempt = undefined
    this.#failures = 0
    if (!session.isOpen) {
      this.#failLater()
      return
    }
    this.#sessions.set(attempt, session)
    if (this.#sweeper === undefined) this.#sweepLater()
    if (this.#queue.size > 0) this.#grow(burstMs)
  }

  #fail(attempt: PendingConnection): void {
    if (this.#attempt !== attempt) return
    this.#attempt = undefined
    this.#failLater()
  }

  #failLater(): void {
    if (!this.#isOver) this.#growLater(pauseAfter(this.#failures++))
  }

  #leave(attempt: PendingConnection): void {
    if (!this.#sessions.delete(attempt)) return
    this.#draining.add(attempt)
    if (this.#queue.size > 0) this.#grow(burstMs)
  }

  // One that nothing went on on since the last look is closed.
  #sweepLater(): void {
    this.#sweeper = setTimeout(() => {
      this.#sweeper = undefined
      for (const session of this.sessions) {
        const wasIdle = this.#idle.get(session) === session.openedStreams
        if (!session.isIdle) this.#idle.delete(session)
        else if (wasIdle) session.retire()
        else this.#idle.set(session, session.openedStreams)
      }
      if (this.#sessions.size > 0) this.#sweepLater()
    }, this.#idleMs)
    unref(this.#sweeper)
  }
}
