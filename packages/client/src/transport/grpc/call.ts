// What a unary call and a stream share on their way: the caller's signal, a deadline, and the connection in use.

import { setMaxListeners } from 'node:events'
import type { CallOptions, Method } from '@etcdkit/protocol'
import type { Http2Session } from '../../http2/session.ts'
import { Http2Stream } from '../../http2/stream.ts'
import type { Connection } from '../connection.ts'
import type { DeadlineList, Timed } from '../deadlines.ts'
import type { Failure } from '../failure.ts'
import { patientServices } from '../patient-services.ts'
import type { CallProgress } from '../retry.ts'
import type { CallTrace, TracedCall } from '../tracing.ts'

/** Who sends calls off, and again. */
export interface CallOwner {
  /** An attempt failed: send the call again, or `reject` it. */
  attemptFailed(call: GrpcCall, failure: Failure): void
  /** The call has waited for a free stream, and has one. */
  callBegun(call: GrpcCall): void
  /** The server has answered, be it with a refusal: the member works. */
  callAnswered(call: GrpcCall): void
  /** The call is over: forget it wherever it is kept. `error`: what it is rejected with. */
  callEnded(call: GrpcCall, error: unknown): void
  /** The deadline passed: `reject` the call. */
  callExpired(call: GrpcCall): void
  /** The largest message to accept, in bytes. */
  readonly maxMessageBytes: number
  /** Grows with time, for telling old attempts from new ones. */
  readonly round: number
}

/** A call over gRPC, over as many attempts as it takes. */
export abstract class GrpcCall extends Http2Stream implements Timed, CallProgress, TracedCall {
  readonly owner: CallOwner
  readonly method: Method
  readonly options: CallOptions | undefined
  /** The connection of the last attempt. */
  connection: Connection | undefined = undefined
  /** The session of the attempt under way. */
  session: Http2Session | undefined = undefined
  /** The token the current attempt carries. */
  token: string | undefined = undefined
  /** Attempts that failed for their token. */
  tokenRefusals = 0
  /** When the current attempt was made, in the owner's rounds. */
  round = 0
  /** Attempts that were made. */
  attempts = 0
  /** An attempt reached a connection, so that the server may know of the call. */
  sent = false
  /** An attempt failed of which it is not known whether the server did what it was asked for. */
  possiblyApplied = false
  settled = false
  /** Why the last attempt failed. */
  lastFailure: Failure | undefined = undefined
  trace: CallTrace | undefined = undefined
  deadline = 0
  deadlineList: DeadlineList | undefined = undefined
  previousTimed: Timed | undefined = undefined
  nextTimed: Timed | undefined = undefined

  constructor(owner: CallOwner, method: Method, options: CallOptions | undefined) {
    super()
    this.owner = owner
    this.method = method
    this.options = options
  }

  /** Makes an attempt on a connection whose session is open. */
  abstract begin(connection: Connection, session: Http2Session, block: Uint8Array): void
  /** Ends the call for the caller. Does nothing once settled. */
  abstract reject(reason: unknown): void

  /** It waits for the server to allow another stream: nothing of the attempt was sent. */
  get isQueued(): boolean {
    return this.session !== undefined && this.id === 0
  }

  override get isLasting(): boolean {
    return this.method.kind !== 'unary' || patientServices.has(this.method.service)
  }

  override onTaken(session: Http2Session): void {
    this.session = session
    // It is opened with the next step.
    this.owner.callBegun(this)
  }

  /** Observes the caller's signal; ends the call and returns `false` if it is aborted already. */
  observeSignal(): boolean {
    const signal = this.options?.signal
    if (signal === undefined) return true
    if (signal.aborted) {
      this.reject(signal.reason)
      return false
    }
    // Many calls may share a signal; Node would take the eleventh listener for a leak.
    setMaxListeners(0, signal)
    signal.addEventListener('abort', this)
    return true
  }

  /** The caller's signal (`EventListener`). */
  handleEvent(): void {
    this.cancelAttempt()
    this.reject(this.options?.signal?.reason)
  }

  expire(): void {
    this.owner.callExpired(this)
  }

  /** Ends the attempt under way, if any, without a word to the caller. */
  cancelAttempt(): void {
    this.session?.cancel(this)
  }

  /** Marks the call as over, with `error` if it failed. Returns `false` if it was. */
  protected settle(error: unknown): boolean {
    if (this.settled) return false
    this.settled = true
    if (this.options?.signal !== undefined) this.options.signal.removeEventListener('abort', this)
    this.owner.callEnded(this, error)
    return true
  }

  /** The stream's fields as a new attempt needs them. */
  protected renew(connection: Connection, session: Http2Session): void {
    this.connection = connection
    this.session = session
    this.round = this.owner.round
    this.attempts++
    this.sent = true
    this.id = 0
    this.receiveCredit = 0
    this.headersSeen = false
    this.localEnded = false
    this.pending = undefined
  }
}
