// Endpoints that have to be found out first: asked for when a call needs them, and again when none of them can be
// reached. Shared by gRPC and the gateway; the sources themselves are in files of their own.

import { EtcdError } from '@etcdkit/protocol'
import { type Endpoint, parseEndpoints } from './endpoint.ts'
import { growingPause } from './pauses.ts'
import { type Timer, unref } from './timers.ts'

/** Finds out where a cluster is. `srv` and `discovery` make one. */
export interface EndpointSource {
  /** What is asked, for messages: `the SRV records of example.com`. */
  readonly name: string
  /**
   * The endpoints as they are now, in any form that the `endpoints` option takes. An `EtcdError` it rejects with is
   * told to callers as it is. `signal` is aborted when the client closes.
   */
  resolve(signal: AbortSignal): Promise<readonly string[]>
}

/** Whether `endpoints` have to be found out first. */
export function isEndpointSource(endpoints: unknown): endpoints is EndpointSource {
  return (
    typeof endpoints === 'object' &&
    endpoints !== null &&
    'resolve' in endpoints &&
    typeof endpoints.resolve === 'function'
  )
}

/** What a follower tells its transport. */
export interface SourceOwner {
  /** The endpoints, at least one. */
  found(endpoints: readonly Endpoint[]): void
  /** The source may be asked again: calls that wait for it say so by `ask`. */
  ready(): void
}

const firstPauseMs = 100
const longestPauseMs = 1000
// Between two answers: endpoints that cannot be reached are no reason to ask without end.
const pauseAfterAnswerMs = 2000
const longestAnswerMs = 15_000

/** Asks a source on behalf of calls that have no endpoint to go to. */
export class SourceFollower {
  readonly #source: EndpointSource
  readonly #owner: SourceOwner
  readonly #closing = new AbortController()
  #state: 'idle' | 'asking' | 'pausing' | 'closed' = 'idle'
  #timer: Timer | undefined
  #failures = 0
  /** Why there was no answer, if there was none. */
  lastError: EtcdError | undefined

  constructor(source: EndpointSource, owner: SourceOwner) {
    this.#source = source
    this.#owner = owner
  }

  /** A call has nowhere to go. Does nothing while an answer is under way, or a pause. */
  ask(): void {
    if (this.#state !== 'idle') return
    this.#state = 'asking'
    this.#resolve().then(
      (endpoints) => this.#found(endpoints),
      (error: unknown) => this.#failed(error),
    )
  }

  /** Asks no more. */
  close(): void {
    this.#state = 'closed'
    clearTimeout(this.#timer)
    this.#closing.abort()
  }

  async #resolve(): Promise<Endpoint[]> {
    const signal = this.#closing.signal
    const limit = new Promise<never>((_, reject) => {
      const timer = setTimeout(() => reject(new Error('no answer in time')), longestAnswerMs)
      unref(timer)
      this.#timer = timer
    })
    try {
      return parseEndpoints(await Promise.race([this.#source.resolve(signal), limit]))
    } finally {
      clearTimeout(this.#timer)
    }
  }

  #found(endpoints: readonly Endpoint[]): void {
    if (this.#state === 'closed') return
    this.#failures = 0
    this.lastError = undefined
    this.#pause(pauseAfterAnswerMs)
    this.#owner.found(endpoints)
  }

  #failed(cause: unknown): void {
    if (this.#state === 'closed') return
    this.lastError = cause instanceof EtcdError ? cause : this.#errorOf(cause)
    this.#pause(growingPause(this.#failures++, firstPauseMs, longestPauseMs))
  }

  #errorOf(cause: unknown): EtcdError {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message = `cannot find endpoints by ${this.#source.name}: ${reason}`
    return new EtcdError(message, { code: 'connection-failed', cause })
  }

  #pause(pauseMs: number): void {
    this.#state = 'pausing'
    this.#timer = setTimeout(() => {
      this.#state = 'idle'
      this.#owner.ready()
    }, pauseMs)
    unref(this.#timer)
  }
}
