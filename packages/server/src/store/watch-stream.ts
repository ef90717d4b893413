// One client's watch stream: its watchers by id, how far behind each is, and what they are answered.

import {
  type EtcdErrorCode,
  type Event,
  type ResponseHeader,
  statusOf,
  type WatchCreateRequest,
  type WatchRequest,
  type WatchResponse,
} from '@etcdkit/protocol'
import { RegularCheck } from './regular-check.ts'
import type { WatchContext } from './watch-context.ts'
import { fragmentsOf } from './watch-fragments.ts'
import { readHistory } from './watch-history.ts'
import { WatchOutbox, type WatchSink } from './watch-outbox.ts'
import { Watcher, type WatcherOwner, watchRange } from './watcher.ts'

/** What is larger is cut for a watcher that wants fragments: what a request may be, and etcd's 512 KiB for the frame around it. */
const frameBytes = 512 * 1024

/** The id in answers that are no watcher's. */
const noId = -1

/** The watchers of one stream. Made by `store.watch`. */
export class WatchStream implements WatcherOwner {
  readonly #context: WatchContext
  readonly #outbox: WatchOutbox
  readonly #watchers = new Map<number, Watcher>()
  /** The watchers that have to be told of the past, the one longest untold first. */
  readonly #behind = new Set<Watcher>()
  readonly #progress: RegularCheck
  #nextId = 0
  #cancelCatchUp: (() => void) | undefined
  #closed = false

  constructor(sink: WatchSink, context: WatchContext) {
    this.#context = context
    this.#outbox = new WatchOutbox(sink)
    const { clock, random, watchProgressMs } = context.settings
    // As in etcd, up to a tenth more, so that not all streams speak at once.
    const periodMs = watchProgressMs * (1 + random() / 10)
    this.#progress = new RegularCheck(clock, periodMs, () => this.#notifyProgress())
  }

  /** Whether the reader is full. A service should then read no more requests: their answers pile up. */
  get full(): boolean {
    return this.#outbox.full
  }

  /** Does what the request says; one that says nothing is ignored. */
  handle(request: WatchRequest): void {
    if (request.createRequest !== undefined) this.create(request.createRequest)
    else if (request.cancelRequest !== undefined) this.cancel(request.cancelRequest.watchId)
    else if (request.progressRequest !== undefined) this.progress()
  }

  /** Starts a watcher: `created`, then its history, then what happens. What is wrong with it is answered, not thrown. */
  create(request: WatchCreateRequest): void {
    if (this.#closed) return
    const problem = this.#problemWith(request)
    if (problem === undefined) this.#start(request)
    else this.refuse(statusOf(problem).message)
  }

  /** Ends a watcher; an unknown id is ignored. */
  cancel(watchId: number): void {
    const watcher = this.#watchers.get(watchId)
    if (watcher === undefined) return
    this.#detach(watcher)
    this.#watchers.delete(watchId)
    this.#send({ watchId, canceled: true })
  }

  /** Tells the revision, if every watcher of the stream has heard all there is and none waits for a revision to come. */
  progress(): void {
    const watchers = [...this.#watchers.values()]
    if (watchers.length === 0 || !watchers.every((watcher) => this.#isCurrent(watcher))) return
    this.#send({ watchId: noId })
  }

  /** Answers a create request with a refusal: `created`, `canceled`, and the reason. */
  refuse(reason: string): void {
    if (this.#closed) return
    this.#send({ watchId: noId, created: true, canceled: true, cancelReason: reason })
  }

  /** Ends every watcher as a compaction does that overtakes it: only their ids are still taken. */
  overtake(): void {
    for (const watcher of this.#watchers.values()) {
      if (watcher.state === 'compacted') continue
      this.#detach(watcher)
      this.#tellCompacted(watcher)
    }
  }

  /** The reader has room again. */
  ready(): void {
    if (this.#closed) return
    this.#outbox.drain()
    this.#catchUp()
  }

  /** Ends all watchers, with no answers. Twice is fine. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const watcher of this.#watchers.values()) this.#detach(watcher)
    this.#watchers.clear()
    this.#outbox.clear()
    this.#progress.close()
    this.#cancelCatchUp?.()
    this.#context.closed(this)
  }

  /** Takes the events of a revision that is being published; for the hub alone. */
  deliver(watcher: Watcher, events: readonly Event[], header: ResponseHeader): void {
    const { watchPendingResponses } = this.#context.settings
    if (!this.#outbox.full || this.#outbox.waiting < watchPendingResponses) {
      this.#sendEvents(watcher, events, header)
    } else {
      this.#detach(watcher)
      this.#fallBehind(watcher, header.revision)
    }
  }

  #start(request: WatchCreateRequest): void {
    const { revision } = this.#context.mvcc
    const past = request.startRevision > 0 && request.startRevision <= revision
    const nextRevision = request.startRevision === 0 ? revision + 1 : request.startRevision
    const watcher = new Watcher(this, this.#idFor(request.watchId), request, nextRevision)
    this.#watchers.set(watcher.id, watcher)
    this.#send({ watchId: watcher.id, created: true })
    if (watcher.progressNotify) this.#progress.scheduleFor(this.#context.settings.clock.now())
    if (past) this.#fallBehind(watcher, nextRevision)
    else this.#sync(watcher)
    if (past && !this.#outbox.full) this.#tellHistory(watcher)
    this.#planCatchUp()
  }

  #problemWith(request: WatchCreateRequest): EtcdErrorCode | undefined {
    const { from, to, single } = watchRange(request)
    if (request.startRevision < 0) return 'compacted'
    if (!single && from >= to) return 'empty-watch-range'
    if (this.#watchers.has(request.watchId) && request.watchId !== 0) return 'duplicate-watch-id'
    return undefined
  }

  #idFor(wanted: number): number {
    if (wanted !== 0) return wanted
    while (this.#watchers.has(this.#nextId)) this.#nextId += 1
    return this.#nextId++
  }

  #sync(watcher: Watcher): void {
    watcher.state = 'synced'
    this.#context.synced.add(watcher)
  }

  #fallBehind(watcher: Watcher, nextRevision: number): void {
    watcher.state = 'behind'
    watcher.nextRevision = nextRevision
    this.#behind.add(watcher)
  }

  #detach(watcher: Watcher): void {
    if (watcher.state === 'synced') this.#context.synced.delete(watcher)
    else this.#behind.delete(watcher)
  }

  /** Tells each watcher that is behind some of what it missed, and goes on later if that was not all. */
  #catchUp(): void {
    this.#cancelCatchUp?.()
    this.#cancelCatchUp = undefined
    for (const watcher of [...this.#behind]) {
      // The reader will say when to go on.
      if (this.#outbox.full) return
      this.#tellHistory(watcher)
    }
    this.#planCatchUp()
  }

  #planCatchUp(): void {
    const planned = this.#cancelCatchUp !== undefined
    if (planned || this.#behind.size === 0 || this.#outbox.full) return
    const { clock, watchCatchUpMs } = this.#context.settings
    this.#cancelCatchUp = clock.after(watchCatchUpMs, () => this.#catchUp())
  }

  #tellHistory(watcher: Watcher): void {
    const { mvcc, settings, headerOf } = this.#context
    this.#behind.delete(watcher)
    if (watcher.nextRevision < mvcc.compactRevision) {
      this.#tellCompacted(watcher)
      return
    }
    const batch = readHistory(mvcc, watcher, settings.watchBatchRevisions)
    if (batch.events.length > 0) this.#sendEvents(watcher, batch.events, headerOf(mvcc.revision))
    if (batch.nextRevision <= mvcc.revision) this.#fallBehind(watcher, batch.nextRevision)
    else this.#sync(watcher)
  }

  #tellCompacted(watcher: Watcher): void {
    const { mvcc, headerOf } = this.#context
    const { compactRevision } = mvcc
    watcher.state = 'compacted'
    this.#send({ watchId: watcher.id, canceled: true, compactRevision }, headerOf(0))
  }

  /** Sends quiet watchers that asked for it the revision; answers when there will be more, unless none asks any more. */
  #notifyProgress(): number | undefined {
    let wanted = false
    for (const watcher of this.#watchers.values()) {
      if (!watcher.progressNotify) continue
      wanted = true
      const due = watcher.quiet && this.#isCurrent(watcher) && !this.#outbox.full
      if (due) this.#send({ watchId: watcher.id })
      watcher.quiet = true
    }
    return wanted ? this.#context.settings.clock.now() : undefined
  }

  /** Whether a watcher has heard all there is, and does not wait for a revision to come. */
  #isCurrent(watcher: Watcher): boolean {
    return watcher.state === 'synced' && watcher.startRevision <= this.#context.mvcc.revision
  }

  #sendEvents(watcher: Watcher, events: readonly Event[], header: ResponseHeader): void {
    watcher.quiet = false
    const response = responseOf({ header, watchId: watcher.id, events })
    const maxBytes = this.#context.settings.maxRequestBytes + frameBytes
    const pieces = watcher.fragment ? fragmentsOf(response, maxBytes) : [response]
    for (const piece of pieces) this.#outbox.push(piece)
  }

  #send(init: Partial<WatchResponse>, header = this.#headerNow()): void {
    this.#outbox.push(responseOf({ header, ...init }))
  }

  #headerNow(): ResponseHeader {
    return this.#context.headerOf(this.#context.mvcc.revision)
  }
}

/** A whole answer. */
function responseOf(init: Partial<WatchResponse>): WatchResponse {
  return {
    header: undefined,
    watchId: 0,
    created: false,
    canceled: false,
    compactRevision: 0,
    cancelReason: '',
    fragment: false,
    events: [],
    ...init,
  }
}
