// A call on its way: over as many attempts as it takes, and ended from outside by its signal, its deadline, or close.

import type { CallOptions, Method } from '@etcdkit/protocol'
import type { HttpExchange } from '../../http/http-client.ts'
import type { DeadlineList, Timed } from '../deadlines.ts'
import type { Failure } from '../failure.ts'
import type { CallProgress } from '../retry.ts'
import type { CallTrace, TracedCall } from '../tracing.ts'
import type { GatewayEndpoint } from './gateway-endpoint.ts'

/** An attempt that failed. */
export class AttemptError extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super(failure.error.message)
    this.failure = failure
  }
}

/** A call. */
export class GatewayCall implements Timed, CallProgress, TracedCall {
  readonly method: Method
  readonly options: CallOptions | undefined
  readonly #onExpired: (call: GatewayCall) => void
  attempts = 0
  token: string | undefined = undefined
  tokenRefusals = 0
  possiblyApplied = false
  lastFailure: Failure | undefined = undefined
  trace: CallTrace | undefined = undefined
  /** Other calls wait for this one. */
  isPreparation = false
  /** Where every attempt is to go; else where the balancer says. */
  place: GatewayEndpoint | undefined = undefined
  /** Where the attempt under way has gone, and when. */
  target: GatewayEndpoint | undefined = undefined
  attemptedAt = 0
  /** The request of the attempt under way. */
  exchange: HttpExchange | undefined = undefined
  deadline = 0
  deadlineList: DeadlineList | undefined = undefined
  previousTimed: Timed | undefined = undefined
  nextTimed: Timed | undefined = undefined
  #cut: ((reason: unknown) => void) | undefined = undefined
  #end: { readonly reason: unknown } | undefined = undefined

  constructor(
    method: Method,
    options: CallOptions | undefined,
    onExpired: (call: GatewayCall) => void,
  ) {
    this.method = method
    this.options = options
    this.#onExpired = onExpired
  }

  /** The attempt under way may have reached a server. */
  get sent(): boolean {
    return this.exchange?.sent ?? false
  }

  /** Whether the call was ended from outside. */
  get hasEnded(): boolean {
    return this.#end !== undefined
  }

  expire(): void {
    this.#onExpired(this)
  }

  /** Ends the call, wherever it stands. */
  end(reason: unknown): void {
    if (this.#end !== undefined) return
    this.#end = { reason }
    this.#cut?.(reason)
  }

  /** Ends the attempt under way as a failed one. */
  failAttempt(error: AttemptError): void {
    if (this.#end === undefined) this.#cut?.(error)
  }

  /**
   * A part of the call: what `begin` starts, until that resolves or rejects. What `begin` answers stops it, when the call
   * is ended first.
   */
  part<T>(
    begin: (
      resolve: (value: T) => void,
      reject: (reason: unknown) => void,
    ) => (() => void) | undefined,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) {
        reject(this.#end.reason)
        return
      }
      const stop = begin(resolve, reject)
      this.#cut = (reason) => {
        stop?.()
        reject(reason)
      }
    })
  }

  /** Waits for something that goes on whether this call waits or not. */
  waitFor<T>(promise: Promise<T>): Promise<T> {
    return this.part((resolve, reject) => {
      promise.then(resolve, reject)
      return undefined
    })
  }

  /** Waits. */
  pause(delayMs: number): Promise<void> {
    return this.part((resolve) => {
      const timer = setTimeout(resolve, delayMs)
      return () => clearTimeout(timer)
    })
  }
}
