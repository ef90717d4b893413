// A stream of watches that is there as long as anybody wants it, whatever becomes of the connections under it.

import { type CallOptions, EtcdError } from '@etcdkit/protocol'
import { Backoff } from '../backoff.ts'
import { isTokenRefusal, isTransient } from '../failure.ts'
import { TokenRefusals } from '../token-refusals.ts'
import { watchMethod } from '../viewing-methods.ts'
import { type RefusedWatches, WatchSession } from './watch-session.ts'
import type { Watcher, WatcherContext } from './watcher.ts'

/** What the streams of a client share. */
export interface WatchStreamContext extends WatcherContext {
  readonly takeId: () => number
}

type State =
  /** Nobody wants a watch. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'open'; readonly session: WatchSession; readonly openedAt: number }
  /** The stream broke; another will be opened. */
  | { readonly kind: 'waiting'; readonly timer: unknown }

/** A stream that lived this long has worked. */
const workedMs = 1000

/** Some of the watches with one set of stream options. There is a stream while at least one is wanted. */
export class WatchStream {
  readonly #context: WatchStreamContext
  readonly #options: CallOptions
  readonly #owner: RefusedWatches
  readonly #backoff = new Backoff()
  readonly #watchers = new Set<Watcher>()
  #state: State = { kind: 'idle' }
  /** Whether another token could be had when the one the stream was opened with was refused; unknown until then. */
  #tokenRenewed: boolean | undefined = undefined
  readonly #tokenRefusals = new TokenRefusals()
  /** How many watches the server takes on it, as far as it is known. */
  #capacity = Number.POSITIVE_INFINITY

  /** `owner` is told of watches that the server does not make, or ends. They stay wanted until it removes them. */
  constructor(context: WatchStreamContext, options: CallOptions, owner: RefusedWatches) {
    this.#context = context
    this.#options = options
    this.#owner = owner
  }

  /** Whether it is of use to place another watch here. */
  get hasRoom(): boolean {
    return this.#tokenRenewed === undefined && this.#watchers.size < this.#capacity
  }

  place(watcher: Watcher): void {
    this.#watchers.add(watcher)
    if (this.#state.kind === 'open') this.#state.session.place(watcher)
    else if (this.#state.kind === 'idle') this.#open()
  }

  /** Answers whether it was the last, so that the stream is closed. */
  remove(watcher: Watcher): boolean {
    if (!this.#watchers.delete(watcher)) return false
    if (this.#watchers.size === 0) this.#close()
    else if (this.#state.kind === 'open') this.#state.session.remove(watcher)
    return this.#watchers.size === 0
  }

  requestProgress(watcher: Watcher): void {
    if (this.#state.kind === 'open') this.#state.session.requestProgress(watcher)
  }

  /** The server has refused the token of the stream. Answers whether a new stream has another. */
  renewToken(): boolean {
    const { transport } = this.#context
    const stream = this.#state.kind === 'open' ? this.#state.session.stream : undefined
    this.#tokenRenewed ??= transport.renewToken?.(stream) ?? false
    return this.#tokenRenewed
  }

  /** The server takes no more watches here; answers false if it has not taken any. */
  isFull(): boolean {
    const taken = this.#state.kind === 'open' ? this.#state.session.size : 0
    if (taken === 0) return false
    this.#capacity = taken
    return true
  }

  /** Gives the stream up for another, after a pause. */
  restart(reason: unknown): void {
    const state = this.#state
    if (state.kind !== 'open') return
    this.#wait(reason, this.#backoff.next())
    state.session.close()
  }

  #open(): void {
    const { transport, clock, takeId } = this.#context
    const stream = transport.stream(watchMethod, this.#options)
    const session = new WatchSession(stream, takeId, this.#owner)
    this.#capacity = Number.POSITIVE_INFINITY
    this.#state = { kind: 'open', session, openedAt: clock.now() }
    for (const watcher of this.#watchers) session.place(watcher)
    session.run().catch((reason) => this.#ended(session, reason))
  }

  #ended(session: WatchSession, reason: unknown): void {
    const state = this.#state
    if (state.kind !== 'open' || state.session !== session) return
    if (session.size > 0) this.#tokenRefusals.reset()
    if (isTokenRefusal(reason)) {
      const pauseMs = this.renewToken() ? this.#tokenRefusals.next() : undefined
      if (pauseMs === undefined) this.#fail(reason)
      else this.#wait(reason, pauseMs)
      return
    }
    if (!isTransient(reason) && !this.#split(reason)) {
      this.#fail(reason)
      return
    }
    // One that told something has worked, however short it lived.
    const aliveMs = this.#context.clock.now() - state.openedAt
    if (session.hasTold || aliveMs >= workedMs) this.#backoff.reset()
    this.#wait(reason, this.#backoff.next())
  }

  // Nobody knows whose answer it was.
  #split(reason: unknown): boolean {
    if (!(reason instanceof EtcdError) || reason.code !== 'message-too-large') return false
    return [...this.#watchers].filter((watcher) => watcher.split()).length > 0
  }

  // The last to fail closes the stream.
  #fail(reason: unknown): void {
    for (const watcher of [...this.#watchers]) watcher.fail(reason)
  }

  #wait(reason: unknown, pauseMs: number): void {
    const timer = this.#context.clock.setTimeout(() => this.#open(), pauseMs)
    this.#state = { kind: 'waiting', timer }
    this.#tokenRenewed = undefined
    for (const watcher of [...this.#watchers]) watcher.displaced(reason)
  }

  #close(): void {
    const state = this.#state
    this.#state = { kind: 'idle' }
    this.#tokenRenewed = undefined
    if (state.kind === 'open') state.session.close()
    else if (state.kind === 'waiting') this.#context.clock.clearTimeout(state.timer)
  }
}
