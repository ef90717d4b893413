// Sends calls off, and again where that is safe, to the endpoints that work. What a call sends and what it makes of the
// answer is its own business.

import type { EventSink, Method } from '@etcdkit/protocol'
import { HttpError } from '../../http/http-error.ts'
import { onAbort } from '../../http/on-abort.ts'
import { Deadlines } from '../deadlines.ts'
import {
  asPossiblyApplied,
  blamesEndpoint,
  closedError,
  deadlineExceeded,
  type Failure,
  noAnswer,
  notAuthenticated,
  notSent,
} from '../failure.ts'
import { patientServices } from '../patient-services.ts'
import { nextAttempt, pauseBeforeRetry } from '../retry.ts'
import type { TokenStore } from '../token.ts'
import { traceEnd, traceStart } from '../tracing.ts'
import type { ApiPrefix } from './api-prefix.ts'
import { AttemptLimit } from './attempt-limit.ts'
import { AttemptError, GatewayCall } from './gateway-call.ts'
import type { GatewayEndpoint } from './gateway-endpoint.ts'
import type { Places } from './places.ts'

/** What calls need of their transport. */
export interface CallsContext {
  readonly places: Places
  readonly tokens: TokenStore
  readonly prefix: ApiPrefix
  /** Milliseconds a call may take, unless it says otherwise. */
  readonly timeoutMs: number
  sink(): EventSink | undefined
}

/** What a call waits for before it is sent. */
export type Preparation = 'prefix and token' | 'prefix' | 'token' | 'nothing'

/** Makes one attempt. Rejects with an `AttemptError` on what another attempt may be made after. */
export type Attempt<T> = (target: GatewayEndpoint) => Promise<T>

/** The calls of a transport. */
export class Calls {
  readonly #context: CallsContext
  readonly #deadlines = new Deadlines()
  readonly #active = new Set<GatewayCall>()
  #closed = false

  constructor(context: CallsContext) {
    this.#context = context
  }

  /** A call to be performed. */
  create(method: Method, options: GatewayCall['options']): GatewayCall {
    return new GatewayCall(method, options, this.#expired)
  }

  /** Makes attempts until one succeeds, or another would not be safe, or make no sense. */
  async perform<T>(call: GatewayCall, needs: Preparation, attempt: Attempt<T>): Promise<T> {
    traceStart(call)
    let forget: (() => void) | undefined
    let error: unknown
    try {
      forget = this.#begin(call)
      return await this.#attempts(call, needs, attempt)
    } catch (reason) {
      error = call.possiblyApplied ? asPossiblyApplied(reason) : reason
      throw error
    } finally {
      this.#active.delete(call)
      this.#deadlines.remove(call)
      forget?.()
      if (call.trace !== undefined) traceEnd(call, call.target?.url, error)
    }
  }

  async #attempts<T>(call: GatewayCall, needs: Preparation, attempt: Attempt<T>): Promise<T> {
    for (;;) {
      if (!this.#isPrepared(needs)) await this.#prepare(call, needs)
      const { places } = this.#context
      const target = places.pick(call) ?? (await places.find(call))
      const limit = this.#begun(call, target, needs)
      try {
        const result = await attempt(target)
        this.answered(target)
        return result
      } catch (thrown) {
        if (!(thrown instanceof AttemptError)) throw thrown
        await this.#recover(call, target, thrown.failure)
      } finally {
        if (limit !== undefined) this.#deadlines.remove(limit)
      }
    }
  }

  /** A call that goes on has no deadline any more. */
  unlimit(call: GatewayCall): void {
    this.#deadlines.remove(call)
  }

  /** The endpoint has taken a call. */
  answered(target: GatewayEndpoint): void {
    target.heardAt = performance.now()
    if (!target.isUp) {
      target.isUp = true
      this.#context.sink()?.({ type: 'connected', endpoint: target.url })
    }
    const { isHealthy, timeouts } = target.health
    if (!isHealthy || timeouts > 0) this.#context.places.endpoints.balancer.succeeded(target)
  }

  /** Ends every call with `closed`. */
  close(): void {
    this.#closed = true
    for (const call of [...this.#active]) call.end(closedError(call.method, call.sent))
    this.#deadlines.close()
  }

  // Throws the reason if the call cannot begin.
  #begin(call: GatewayCall): (() => void) | undefined {
    if (this.#closed) throw closedError(call.method, false)
    const signal = call.options?.signal
    if (signal?.aborted) throw signal.reason
    this.#active.add(call)
    this.#deadlines.add(call, this.#limitOf(call))
    return signal && onAbort(signal, () => call.end(signal.reason))
  }

  #limitOf(call: GatewayCall): number {
    return call.options?.timeoutMs ?? this.#context.timeoutMs
  }

  #isPrepared(needs: Preparation): boolean {
    const { prefix, tokens } = this.#context
    return (
      (prefix.current !== undefined || !needs.startsWith('prefix')) &&
      (tokens.ready || !needs.endsWith('token'))
    )
  }

  async #prepare(call: GatewayCall, needs: Preparation): Promise<void> {
    const { prefix, tokens } = this.#context
    try {
      if (prefix.current === undefined && needs.startsWith('prefix')) {
        await call.waitFor(prefix.acquire())
      }
      if (!tokens.ready && needs.endsWith('token')) await call.waitFor(tokens.acquire())
    } catch (error) {
      throw call.hasEnded ? error : notAuthenticated(call.method, error)
    }
  }

  #begun(call: GatewayCall, target: GatewayEndpoint, needs: Preparation): AttemptLimit | undefined {
    call.attempts++
    call.attemptedAt = performance.now()
    call.target = target
    call.token = needs.endsWith('token') ? this.#context.tokens.current : undefined
    return this.#isMovable(call, target) ? this.#limitAttempt(call, target) : undefined
  }

  // Whether the call may be made elsewhere if this endpoint does not answer.
  #isMovable({ method, options, attempts, place }: GatewayCall, target: GatewayEndpoint): boolean {
    const { balancer } = this.#context.places.endpoints
    if (balancer.size < 2 || attempts > 1) return false
    if (options?.endpoint !== undefined || place !== undefined) return false
    const isRepeatable = method.retry === 'repeatable' || options?.repeatable === true
    return isRepeatable && !patientServices.has(method.service) && balancer.hasOther(target)
  }

  #limitAttempt(call: GatewayCall, target: GatewayEndpoint): AttemptLimit {
    const limit = new AttemptLimit(() => {
      const { balancer } = this.#context.places.endpoints
      if (!balancer.hasOther(target)) return
      const waitedMs = performance.now() - call.attemptedAt
      const failure = noAnswer(call.method, target.url, waitedMs)
      balancer.timedOut(target, failure.error, waitedMs)
      call.failAttempt(new AttemptError(failure))
    })
    this.#deadlines.add(limit, this.#limitOf(call) / 2)
    return limit
  }

  async #recover(call: GatewayCall, target: GatewayEndpoint, failure: Failure): Promise<void> {
    const { places, tokens, sink } = this.#context
    this.#judge(target, failure)
    const count = places.endpoints.balancer.size
    const pauseMs =
      nextAttempt(call, failure, { tokens, endpoints: count }) ??
      pauseOfUnopened(call, failure, count)
    if (pauseMs === undefined) throw failure.error
    if (failure.unprocessed) places.lookAgain()
    sink()?.({
      type: 'retrying',
      method: `${call.method.service}/${call.method.name}`,
      endpoint: target.url,
      attempt: call.attempts + 1,
      error: failure.error,
    })
    call.target = undefined
    call.exchange = undefined
    if (pauseMs > 0) await call.pause(pauseMs)
  }

  #judge(target: GatewayEndpoint, failure: Failure): void {
    if (!blamesEndpoint(failure)) {
      this.answered(target)
      return
    }
    const { error } = failure
    if (target.isUp && error.cause instanceof HttpError) {
      target.isUp = false
      this.#context.sink()?.({ type: 'disconnected', endpoint: target.url, error })
    }
    this.#context.places.endpoints.balancer.failed(target, error)
  }

  readonly #expired = (call: GatewayCall): void => {
    const { method, target, sent } = call
    const error = deadlineExceeded(method, this.#limitOf(call), target?.url, sent)
    // The reason it could not be done in time says more than that it could not.
    const known = call.lastFailure?.error ?? this.#reasonOfWaiting(call)
    call.end(known === undefined || sent ? error : known)
    if (target === undefined || patientServices.has(method.service)) return
    const { balancer } = this.#context.places.endpoints
    balancer.timedOut(target, error, performance.now() - call.attemptedAt)
  }

  // Why a call was not sent: there are no endpoints, or what it waits for is not done.
  #reasonOfWaiting({ method, target }: GatewayCall): unknown {
    if (target !== undefined) return undefined
    const preparations = [...this.#active].filter(({ isPreparation }) => isPreparation)
    const failed = preparations.find(({ lastFailure }) => lastFailure !== undefined)
    const error = failed?.lastFailure?.error ?? this.#context.places.lastError
    return error && notSent(method, error)
  }
}

// A stream is its owner's to open again, but until it has left it is as a call that waits for a connection.
function pauseOfUnopened(
  call: GatewayCall,
  failure: Failure,
  endpoints: number,
): number | undefined {
  if (call.method.retry !== 'stream' || !failure.unprocessed) return undefined
  call.lastFailure = failure
  return pauseBeforeRetry(call.attempts, endpoints)
}
