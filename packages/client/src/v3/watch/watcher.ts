// One watch between its stream and its reader: where it stands, what waits, whether it has ended.

import {
  CompactedError,
  EtcdError,
  type Event,
  type WatchCreateRequest,
  type WatchResponse,
} from '@etcdkit/protocol'
import { onAbort } from '../abort.ts'
import type { EventOutlet } from '../event-outlet.ts'
import { failure } from '../failure.ts'
import { revisionOf } from '../results.ts'
import { TokenRefusals } from '../token-refusals.ts'
import { type ResyncContext, type ResyncPlan, readState } from './resync.ts'
import { type BufferedBatch, sizeOf, WatchBuffer } from './watch-buffer.ts'
import { WatchFragments } from './watch-fragments.ts'
import { WatchPosition } from './watch-position.ts'

/** What a watch asks the server for, each time it is made there; the id and the start change. */
export type WatchFilter = Pick<
  WatchCreateRequest,
  'key' | 'rangeEnd' | 'prevKv' | 'filters' | 'progressNotify' | 'fragment'
>

/** What a watch is to be. */
export interface WatchPlan {
  readonly filter: WatchFilter
  /** Whether answers may be asked for in pieces when they are too large. */
  readonly maySplit: boolean
  /** First revision to tell of; 0 for what comes after the watch is made. */
  readonly start: number
  /** Whether the reader wants the notifications that there is nothing to tell. */
  readonly tellsProgress: boolean
  /** How to make good what was compacted; `undefined`: the watch fails. */
  readonly resync: ResyncPlan | undefined
  /** What may wait for the reader before the server is told to stop. */
  readonly highWaterBytes: number
  /** How long the first confirmation may take. */
  readonly timeoutMs: number
  readonly signal: AbortSignal | undefined
  /** For messages: `watch "a"`. */
  readonly action: () => string
}

/** Who has watches made on the server. */
export interface WatchHost {
  /** Has `watcher` made on the server, and again whenever its stream breaks. */
  place(watcher: Watcher): void
  /** Has `watcher` ended on the server, for now. One that is not there is fine. */
  remove(watcher: Watcher): void
  /** `watcher` has ended for good. */
  leave(watcher: Watcher): void
  /** Asks the server how far the watches of the stream have come. */
  requestProgress(watcher: Watcher): void
}

/** What watches work with. */
export interface WatcherContext extends ResyncContext {
  /** Where to tell of interruptions. */
  readonly events?: EventOutlet | undefined
}

/** How much longer than its limit a first confirmation is waited for: a part of the limit, and at most this long. */
const gracePart = 1 / 20
const longestGraceMs = 100

/** One watch. It ends once: by its reader, by its caller's signal, by the server, or with the client. */
export class Watcher {
  /** Resolves with the store's revision when the server has made the watch for the first time. */
  readonly ready: Promise<number>
  /** How often in a row it was refused for the token of its stream. */
  readonly tokenRefusals: TokenRefusals = new TokenRefusals()
  readonly #plan: WatchPlan
  readonly #host: WatchHost
  readonly #context: WatcherContext
  readonly #position: WatchPosition
  readonly #buffer = new WatchBuffer()
  readonly #fragments = new WatchFragments()
  #resolveReady: (revision: number) => void = () => undefined
  #rejectReady: (reason: unknown) => void = () => undefined
  #readyTimer: unknown = undefined
  /** When the first confirmation is due. */
  #readyBy = Number.POSITIVE_INFINITY
  /** Why the last stream ended. */
  #lastError: unknown = undefined
  /** Whether the server has made the watch once. */
  #isMade = false
  #interrupted = false
  /** Ends the reading of the state to go on from. */
  #resyncing: AbortController | undefined = undefined
  /** Whether answers are asked for in pieces. */
  #split: boolean
  #paused = false
  #wantsProgress = false
  /** The store's revision when the server made the watch on this stream. */
  #madeAt = 0
  /** How many answers to progress requests may come that the server gave before it made the watch. */
  #progressBefore = 0
  #state: 'open' | 'failed' | 'discarded' = 'open'
  #forgetSignal: () => void = () => undefined

  constructor(plan: WatchPlan, host: WatchHost, context: WatcherContext) {
    this.#plan = plan
    this.#host = host
    this.#context = context
    this.#position = new WatchPosition(plan.start)
    this.#split = plan.filter.fragment
    this.ready = new Promise((resolve, reject) => {
      this.#resolveReady = resolve
      this.#rejectReady = reject
    })
    // Who does not look at it hears of the same failure by iterating.
    this.ready.catch(() => undefined)
  }

  /** Whether what waits is no longer of interest. */
  get discarded(): boolean {
    return this.#state === 'discarded'
  }

  /** Begins. The first confirmation has its limit; once confirmed, the watch outlives any outage. */
  start(): void {
    const { timeoutMs, signal } = this.#plan
    if (signal !== undefined) {
      this.#forgetSignal = onAbort(signal, () => this.discard({ reason: signal.reason }))
    }
    this.#readyBy =
      timeoutMs === 0 ? Number.POSITIVE_INFINITY : this.#context.clock.now() + timeoutMs
    this.#host.place(this)
    if (this.#state !== 'open' || this.#readyBy === Number.POSITIVE_INFINITY) return
    // The transport has a limit for opening streams, often the same one, and knows better what went wrong.
    const graceMs = Math.min(timeoutMs * gracePart, longestGraceMs)
    this.#readyTimer = this.#context.clock.setTimeout(
      () => this.fail(this.#lateError()),
      timeoutMs + graceMs,
    )
  }

  // --- The reader's side ---

  /** The next batch; `undefined` when the watch has ended without an error. */
  next(): Promise<BufferedBatch | undefined> {
    const batch = this.#buffer.next()
    if (this.#paused && this.#buffer.bytes <= this.#plan.highWaterBytes / 2) {
      this.#paused = false
      this.#host.place(this)
    }
    return batch
  }

  /** Asks for a progress notification. It comes among the batches, if the server answers at all. */
  requestProgress(): void {
    if (this.#state !== 'open') return
    this.#wantsProgress = true
    this.#host.requestProgress(this)
  }

  /** Ends the watch, and its iteration with it: with `reason` if there is one. Twice is fine. */
  discard(end: 'done' | { readonly reason: unknown }): void {
    const wasOpen = this.#state === 'open'
    this.#state = 'discarded'
    this.#buffer.clear()
    if (!wasOpen) return
    if (end === 'done') this.#buffer.finish()
    else this.#buffer.fail(end.reason)
    this.#leave(end === 'done' ? this.#canceled() : end.reason)
  }

  // --- The stream's side ---

  /** What to ask the server for now. */
  createRequest(watchId: number): WatchCreateRequest {
    const { filter } = this.#plan
    return { ...filter, fragment: this.#split, watchId, startRevision: this.#position.next }
  }

  /** The server has made the watch, with so many progress requests of the stream perhaps answered before that. */
  created(revision: number, progressBefore: number): void {
    this.#position.created(revision)
    this.#madeAt = revision
    this.#progressBefore = this.#position.next > revision ? 0 : progressBefore
    this.#context.clock.clearTimeout(this.#readyTimer)
    this.#readyBy = Number.POSITIVE_INFINITY
    this.tokenRefusals.reset()
    this.#resolveReady(revision)
    this.#resumed()
    if (this.#wantsProgress) this.#host.requestProgress(this)
  }

  /** The server tells something. */
  receive(response: WatchResponse): void {
    const storeRevision = revisionOf(response.header)
    // What the server told the stream before it told this watch has been received.
    this.#progressBefore = 0
    if (response.events.length === 0 && !response.fragment && this.#fragments.isEmpty) {
      this.#position.progress(storeRevision)
      if (this.#plan.tellsProgress) this.#pushProgress(storeRevision)
      return
    }
    try {
      this.#deliver(this.#fragments.take(response), storeRevision)
    } catch (error) {
      this.fail(error)
      return
    }
    if (this.#isFull) this.#pause()
  }

  /**
   * The server says that all watches of the stream have been told everything up to `revision`. That does not move the
   * position: before 3.4.25 and 3.5.8 the answer could overtake events (etcd issue 15220), and going on from it after
   * a broken stream would lose them.
   *
   * An answer that was given before the watch was made may come after the watch is confirmed, since etcd sends the two
   * by ways of their own. It says nothing of a watch that is catching up, and is of no later revision than the
   * confirmation. Returns false for one that may be such an answer, if it is wanted.
   */
  progressAnswered(revision: number): boolean {
    if (this.#progressBefore > 0 && revision <= this.#madeAt) {
      this.#progressBefore--
      return !this.#wantsProgress
    }
    if (!this.#wantsProgress) return true
    this.#wantsProgress = false
    this.#pushProgress(revision)
    return true
  }

  /** An answer was too large. Returns whether asking for pieces may make it good. */
  split(): boolean {
    if (this.#split || !this.#plan.maySplit) return false
    this.#split = true
    return true
  }

  /** The stream is gone; another will come. */
  displaced(reason: unknown): void {
    this.#lastError = reason
    this.#fragments.clear()
    this.#interruptedBy(reason)
    if (this.#context.clock.now() >= this.#readyBy) this.fail(reason)
  }

  /** The server does not make the watch, or has ended it, and another stream would be no better. */
  refused(reason: EtcdError): void {
    const { resync } = this.#plan
    if (resync === undefined || !(reason instanceof CompactedError)) this.fail(reason)
    else void this.#resync(resync, reason)
  }

  /** Ends the watch: its iteration throws the failure after what waits. */
  fail(reason: unknown): void {
    if (this.#state !== 'open') return
    this.#state = 'failed'
    const told = failure(this.#plan.action(), reason)
    this.#buffer.fail(told)
    this.#leave(told)
  }

  #leave(reason: unknown): void {
    this.#fragments.clear()
    this.#paused = false
    this.#resyncing?.abort()
    this.#context.clock.clearTimeout(this.#readyTimer)
    this.#forgetSignal()
    this.#rejectReady(reason)
    this.#host.leave(this)
  }

  #deliver(events: readonly Event[], storeRevision: number): void {
    const fresh = this.#position.deliver(events)
    const revision = fresh.at(-1)?.kv?.modRevision
    if (revision === undefined) return
    this.#buffer.push({
      kind: 'events',
      events: fresh,
      revision,
      storeRevision,
      bytes: sizeOf(fresh),
    })
  }

  #pushProgress(revision: number): void {
    this.#buffer.push({ kind: 'progress', events: [], revision, storeRevision: revision, bytes: 0 })
  }

  get #isFull(): boolean {
    return this.#buffer.bytes > this.#plan.highWaterBytes
  }

  // The reader is slow. The server is told to stop, and when the reader has caught up, to go on from where it stopped.
  #pause(): void {
    this.#paused = true
    this.#fragments.clear()
    this.#host.remove(this)
  }

  // The history to go on from is gone. What is there now is told in its place, and the watch goes on after it.
  async #resync(plan: ResyncPlan, reason: CompactedError): Promise<void> {
    this.#host.remove(this)
    this.#fragments.clear()
    this.#interruptedBy(reason)
    const { compactRevision } = reason
    this.#resyncing = new AbortController()
    const { signal } = this.#resyncing
    try {
      const state = await readState(this.#context, this.#plan.filter, { ...plan, signal })
      if (this.#state !== 'open') return
      const { revision } = state
      this.#position.resynced(revision)
      this.#buffer.push({ kind: 'resync', storeRevision: revision, compactRevision, ...state })
    } catch (error) {
      this.fail(error)
      return
    }
    if (this.#isFull) this.#paused = true
    else this.#host.place(this)
  }

  #interruptedBy(reason: unknown): void {
    if (!this.#isMade || this.#interrupted || !(reason instanceof EtcdError)) return
    this.#interrupted = true
    const { events } = this.#context
    if (!events?.active) return
    const { key, rangeEnd } = this.#plan.filter
    const revision = this.#position.next
    events.emit({ type: 'watch-interrupted', key, rangeEnd, revision, error: reason })
  }

  #resumed(): void {
    this.#isMade = true
    if (!this.#interrupted) return
    this.#interrupted = false
    const { events } = this.#context
    if (!events?.active) return
    const { key, rangeEnd } = this.#plan.filter
    events.emit({ type: 'watch-resumed', key, rangeEnd, revision: this.#position.next })
  }

  #lateError(): unknown {
    const { timeoutMs } = this.#plan
    const code = 'deadline-exceeded'
    return this.#lastError ?? new EtcdError(`no confirmation within ${timeoutMs} ms`, { code })
  }

  #canceled(): EtcdError {
    return new EtcdError(`Cannot ${this.#plan.action()}: the watch was canceled`, {
      code: 'canceled',
    })
  }
}
