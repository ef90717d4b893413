// Finds members that take calls and do not answer: those that are silent altogether, which a PING tells, and those that
// answer PINGs but not this call. What can be sent again is then sent elsewhere, long before its deadline.

import type { Connection } from '../connection.ts'
import { type Failure, noAnswer } from '../failure.ts'
import { type Timer, unref } from '../timers.ts'
import type { GrpcCall } from './call.ts'
import { UnaryCall } from './unary-call.ts'

const intervalMs = 500
// Later than this the process was paused, and what has come in the meantime was not read yet.
const pausedMs = 2 * intervalMs

/** What the watch looks at, and what it has done. */
export interface StallOwner {
  /** The calls that have a deadline or none, and are not over. */
  calls(): Iterable<unknown>
  /** Whether there is another member to go to. */
  hasOther(than: Connection): boolean
  /** Nothing comes from the member although it was asked: it gets no calls for now. */
  stalled(connection: Connection, failure: Failure): void
  /** The member that was stalled has sent something. */
  resumed(connection: Connection): void
  /** The call was given up where it was, after `waitedMs`: send it elsewhere. */
  moved(call: GrpcCall, failure: Failure, waitedMs: number): void
}

/** Looks at the unary calls under way twice a second, and at nothing while there are none. */
export class StallWatch {
  readonly #owner: StallOwner
  readonly #stalled = new Map<Connection, number>()
  #timer: Timer | undefined
  #lookedAt = 0
  #round = 0

  constructor(owner: StallOwner) {
    this.#owner = owner
  }

  /** How often the watch has looked. Calls keep the round they were sent in. */
  get round(): number {
    return this.#round
  }

  /** A unary call is under way. */
  watch(): void {
    if (this.#timer === undefined) this.#arm()
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#stalled.clear()
  }

  #arm(): void {
    this.#lookedAt = performance.now()
    this.#timer = setTimeout(() => this.#look(), intervalMs)
    // Calls keep the process alive, this does not.
    unref(this.#timer)
  }

  #look(): void {
    this.#timer = undefined
    this.#round++
    const now = performance.now()
    const wasPaused = now - this.#lookedAt > pausedMs
    this.#resume()
    const { isBusy, awaited } = this.#lookAtCalls(now, wasPaused)
    if (!wasPaused) for (const connection of awaited) this.#ask(connection, now)
    if (isBusy || this.#stalled.size > 0) this.#arm()
  }

  /** The connections with calls that have waited for a whole interval. */
  #lookAtCalls(now: number, wasPaused: boolean): { isBusy: boolean; awaited: Set<Connection> } {
    const awaited = new Set<Connection>()
    let isBusy = false
    for (const call of this.#owner.calls()) {
      if (!(call instanceof UnaryCall) || call.session === undefined) continue
      isBusy = true
      const { connection } = call
      if (connection === undefined || this.#round - call.round < 2) continue
      awaited.add(connection)
      if (!wasPaused && isLate(call, now) && this.#isMovable(call, connection)) {
        this.#move(call, connection, waitedOf(call, now))
      }
    }
    return { isBusy, awaited }
  }

  #ask(connection: Connection, now: number): void {
    const { session } = connection
    if (session === undefined || now - session.liveness.lastReceived < intervalMs) return
    const unansweredMs = session.liveness.ask()
    if (unansweredMs < intervalMs || !this.#owner.hasOther(connection)) return
    this.#stall(connection, now)
  }

  #stall(connection: Connection, now: number): void {
    const { session, endpoint } = connection
    if (session === undefined || !connection.stall()) return
    const silentMs = now - session.liveness.lastReceived
    this.#stalled.set(connection, now)
    for (const stream of [...connection.streams()]) {
      if (!(stream instanceof UnaryCall)) continue
      if (this.#isMovable(stream, connection)) this.#move(stream, connection, silentMs)
    }
    this.#owner.stalled(connection, noAnswer(undefined, endpoint.url, silentMs))
  }

  #resume(): void {
    for (const [connection, since] of this.#stalled) {
      const resumed = connection.resume(since)
      if (resumed === false) continue
      this.#stalled.delete(connection)
      if (resumed) this.#owner.resumed(connection)
    }
  }

  #isMovable(call: GrpcCall, connection: Connection): boolean {
    const { method, options } = call
    if (options?.endpoint !== undefined || call.headersSeen) return false
    if (method.retry !== 'repeatable' && options?.repeatable !== true) return false
    return this.#owner.hasOther(connection)
  }

  #move(call: GrpcCall, { endpoint }: Connection, waitedMs: number): void {
    call.cancelAttempt()
    this.#owner.moved(call, noAnswer(call.method, endpoint.url, waitedMs), waitedMs)
  }
}

/** Half the time of a call is for its first attempt, the rest for all others. */
function isLate(call: GrpcCall, now: number): boolean {
  const limitMs = call.deadlineList?.timeoutMs ?? Number.POSITIVE_INFINITY
  return call.attempts === 1 && call.deadline - now < limitMs / 2
}

function waitedOf(call: GrpcCall, now: number): number {
  return now - (call.deadline - (call.deadlineList?.timeoutMs ?? 0))
}
