// All watches of a client, and the streams they share.

import { type CallOptions, EtcdError, type Transport } from '@etcdkit/protocol'
import { noBytes } from '../bytes.ts'
import type { Clock } from '../clock.ts'
import type { EventOutlet } from '../event-outlet.ts'
import { failure } from '../failure.ts'
import { WatchLines } from './watch-lines.ts'
import type { WatchStreamContext } from './watch-stream.ts'
import { Watcher, type WatchHost, type WatchPlan } from './watcher.ts'

/** The stream options of a watch: watches with the same ones share streams. */
export type WatchStreamOptions = Pick<CallOptions, 'requireLeader' | 'headers' | 'endpoint'>

/** The watches of a client. */
export class WatchHub {
  readonly #context: WatchStreamContext
  readonly #lines = new Map<string, WatchLines>()
  // Far from where servers begin to count, so that an id of theirs is not taken for one of ours.
  #lastId = 2 ** 24 + Math.floor(Math.random() * 2 ** 30)
  #closed: EtcdError | undefined = undefined

  /** `events`: where to tell of watches that are interrupted and go on. */
  constructor(transport: Transport, clock: Clock, events?: EventOutlet) {
    this.#context = { transport, clock, events, takeId: () => ++this.#lastId }
  }

  /** Begins a watch. */
  open(plan: WatchPlan, options: WatchStreamOptions): Watcher {
    if (this.#closed !== undefined) return this.refuse(failure(plan.action(), this.#closed))
    if (plan.signal?.aborted) return this.refuse(plan.signal.reason)
    const watcher = new Watcher(plan, this.#linesFor(options), this.#context)
    watcher.start()
    return watcher
  }

  /** A watch that ends with `reason` before it begins. */
  refuse(reason: unknown): Watcher {
    const watcher = new Watcher(nothing, nowhere, this.#context)
    watcher.discard({ reason })
    return watcher
  }

  /** Ends all watches. */
  close(): void {
    this.#closed ??= new EtcdError('the client is closed', { code: 'closed' })
    for (const lines of [...this.#lines.values()]) lines.fail(this.#closed)
  }

  #linesFor(options: WatchStreamOptions): WatchLines {
    const key = this.#keyOf(options)
    const known = this.#lines.get(key)
    if (known !== undefined) return known
    const lines = new WatchLines(this.#context, options, () => this.#lines.delete(key))
    this.#lines.set(key, lines)
    return lines
  }

  // Where a stream cannot go on sending after the first answer, each watch has one of its own.
  #keyOf({ requireLeader, endpoint, headers = {} }: WatchStreamOptions): string {
    if (!this.#context.transport.fullDuplex) return String(++this.#lastId)
    return JSON.stringify([requireLeader, endpoint, Object.entries(headers).sort()])
  }
}

const nothing: WatchPlan = {
  filter: {
    key: noBytes,
    rangeEnd: noBytes,
    prevKv: false,
    filters: [],
    progressNotify: false,
    fragment: false,
  },
  maySplit: false,
  start: 0,
  tellsProgress: false,
  resync: undefined,
  highWaterBytes: 0,
  timeoutMs: 0,
  signal: undefined,
  action: () => 'watch',
}

const nowhere: WatchHost = {
  place: () => undefined,
  remove: () => undefined,
  leave: () => undefined,
  requestProgress: () => undefined,
}
