// A stream of watches that is there as long as anybody wants it, whatever becomes of the connections under it.

import { type CallOptions, type Transport, Watch } from '@etcdkit/protocol'
import { Backoff } from '../backoff.ts'
import type { Clock } from '../clock.ts'
import { isTransient } from '../failure.ts'
import { WatchSession } from './watch-session.ts'
import type { Watcher, WatchHost } from './watcher.ts'

/** What the streams of a client share. */
export interface WatchStreamContext {
  readonly transport: Transport
  readonly clock: Clock
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

/** The watches with one set of stream options. There is a stream while at least one is wanted on the server. */
export class WatchStream implements WatchHost {
  readonly #context: WatchStreamContext
  readonly #options: CallOptions
  readonly #onEmpty: () => void
  readonly #backoff = new Backoff()
  readonly #watchers = new Set<Watcher>()
  /** Those that are to be on the server: all but the paused ones. */
  readonly #wanted = new Set<Watcher>()
  #state: State = { kind: 'idle' }

  /** `onEmpty` is called when the last watch has ended. */
  constructor(context: WatchStreamContext, options: CallOptions, onEmpty: () => void) {
    this.#context = context
    this.#options = options
    this.#onEmpty = onEmpty
  }

  /** Ends all watches with `reason`. */
  fail(reason: unknown): void {
    for (const watcher of [...this.#watchers]) watcher.fail(reason)
  }

  place(watcher: Watcher): void {
    this.#watchers.add(watcher)
    this.#wanted.add(watcher)
    if (this.#state.kind === 'open') this.#state.session.place(watcher)
    else if (this.#state.kind === 'idle') this.#open()
  }

  remove(watcher: Watcher): void {
    if (!this.#wanted.delete(watcher)) return
    if (this.#wanted.size === 0) this.#close()
    else if (this.#state.kind === 'open') this.#state.session.remove(watcher)
  }

  leave(watcher: Watcher): void {
    this.remove(watcher)
    this.#watchers.delete(watcher)
    if (this.#watchers.size === 0) this.#onEmpty()
  }

  requestProgress(watcher: Watcher): void {
    if (this.#state.kind === 'open') this.#state.session.requestProgress(watcher)
  }

  #open(): void {
    const { transport, clock, takeId } = this.#context
    const session = new WatchSession(transport.stream(Watch.watch, this.#options), takeId)
    this.#state = { kind: 'open', session, openedAt: clock.now() }
    for (const watcher of this.#wanted) session.place(watcher)
    session.run().catch((reason) => this.#ended(session, reason))
  }

  #ended(session: WatchSession, reason: unknown): void {
    const state = this.#state
    if (state.kind !== 'open' || state.session !== session) return
    const { clock } = this.#context
    if (!isTransient(reason)) {
      // The last to fail closes the stream.
      for (const watcher of [...this.#wanted]) watcher.fail(reason)
      return
    }
    // One that told something has worked, however short it lived.
    if (session.hasTold || clock.now() - state.openedAt >= workedMs) this.#backoff.reset()
    const timer = clock.setTimeout(() => this.#open(), this.#backoff.next())
    this.#state = { kind: 'waiting', timer }
    for (const watcher of [...this.#wanted]) watcher.displaced(reason)
  }

  #close(): void {
    const state = this.#state
    this.#state = { kind: 'idle' }
    if (state.kind === 'open') state.session.close()
    else if (state.kind === 'waiting') this.#context.clock.clearTimeout(state.timer)
  }
}
