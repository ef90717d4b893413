// One watch between its stream and its reader: where it stands, what waits, whether it has ended.

import {
  EtcdError,
  type Event,
  type WatchCreateRequest,
  type WatchResponse,
} from '@etcdkit/protocol'
import { onAbort } from '../abort.ts'
import type { Clock } from '../clock.ts'
import { failure } from '../failure.ts'
import { revisionOf } from '../results.ts'
import { type BufferedBatch, sizeOf, WatchBuffer } from './watch-buffer.ts'
import { WatchPosition } from './watch-position.ts'

/** What a watch asks the server for, each time it is made there; the id and the start change. */
export type WatchFilter = Pick<
  WatchCreateRequest,
  'key' | 'rangeEnd' | 'prevKv' | 'filters' | 'progressNotify' | 'fragment'
>

/** What a watch is to be. */
export interface WatchPlan {
  readonly filter: WatchFilter
  /** First revision to tell of; 0 for what comes after the watch is made. */
  readonly start: number
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

/** How much longer than its limit a first confirmation is waited for: a part of the limit, and at most this long. */
const gracePart = 1 / 20
const longestGraceMs = 100

/** One watch. It ends once: by its reader, by its caller's signal, by the server, or with the client. */
export class Watcher {
  /** Resolves with the store's revision when the server has made the watch for the first time. */
  readonly ready: Promise<number>
  readonly #plan: WatchPlan
  readonly #host: WatchHost
  readonly #clock: Clock
  readonly #position: WatchPosition
  readonly #buffer = new WatchBuffer()
  #resolveReady: (revision: number) => void = () => undefined
  #rejectReady: (reason: unknown) => void = () => undefined
  #readyTimer: unknown = undefined
  /** When the first confirmation is due. */
  #readyBy = Number.POSITIVE_INFINITY
  /** Why the last stream ended. */
  #lastError: unknown = undefined
  /** Events of a revision of which more are to come. */
  #fragments: Event[] = []
  #paused = false
  #wantsProgress = false
  #state: 'open' | 'failed' | 'discarded' = 'open'
  #forgetSignal: () => void = () => undefined

  constructor(plan: WatchPlan, host: WatchHost, clock: Clock) {
    this.#plan = plan
    this.#host = host
    this.#clock = clock
    this.#position = new WatchPosition(plan.start)
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
    this.#readyBy = timeoutMs === 0 ? Number.POSITIVE_INFINITY : this.#clock.now() + timeoutMs
    this.#host.place(this)
    if (this.#state !== 'open' || this.#readyBy === Number.POSITIVE_INFINITY) return
    // The transport has a limit for opening streams, often the same one, and knows better what went wrong.
    const graceMs = Math.min(timeoutMs * gracePart, longestGraceMs)
    this.#readyTimer = this.#clock.setTimeout(
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
    return { ...this.#plan.filter, watchId, startRevision: this.#position.next }
  }

  /** The server has made the watch. */
  created(revision: number): void {
    this.#position.created(revision)
    this.#clock.clearTimeout(this.#readyTimer)
    this.#readyBy = Number.POSITIVE_INFINITY
    this.#resolveReady(revision)
    if (this.#wantsProgress) this.#host.requestProgress(this)
  }

  /** The server tells something. */
  receive(response: WatchResponse): void {
    const storeRevision = revisionOf(response.header)
    if (response.events.length === 0 && !response.fragment && this.#fragments.length === 0) {
      this.#position.progress(storeRevision)
      this.#pushProgress(storeRevision)
      return
    }
    this.#deliver(this.#wholeRevisions(response), storeRevision)
    if (this.#buffer.bytes > this.#plan.highWaterBytes && !this.#paused) this.#pause()
  }

  /**
   * The server says that all watches of the stream have been told everything up to `revision`. That does not move the
   * position: before 3.4.25 and 3.5.8 the answer could overtake events (etcd issue 15220), and going on from it after
   * a broken stream would lose them.
   */
  progressAnswered(revision: number): void {
    if (!this.#wantsProgress) return
    this.#wantsProgress = false
    this.#pushProgress(revision)
  }

  /** The stream is gone; another will come. */
  displaced(reason: unknown): void {
    this.#lastError = reason
    this.#fragments = []
    if (this.#clock.now() >= this.#readyBy) this.fail(reason)
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
    this.#fragments = []
    this.#paused = false
    this.#clock.clearTimeout(this.#readyTimer)
    this.#forgetSignal()
    this.#rejectReady(reason)
    this.#host.leave(this)
  }

  // What is delivered must never split a revision: of a fragment, the last one is kept until its end is known.
  #wholeRevisions({ events, fragment }: WatchResponse): readonly Event[] {
    const all = this.#fragments.length === 0 ? events : this.#fragments.concat(events)
    this.#fragments = []
    if (!fragment) return all
    const open = all.at(-1)?.kv?.modRevision
    const firstOpen = all.findIndex((event) => event.kv?.modRevision === open)
    this.#fragments = all.slice(firstOpen)
    return all.slice(0, firstOpen)
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

  // The reader is slow. The server is told to stop, and when the reader has caught up, to go on from where it stopped.
  #pause(): void {
    this.#paused = true
    this.#fragments = []
    this.#host.remove(this)
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
