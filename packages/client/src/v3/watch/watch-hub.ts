// All watches of a client, and the streams they share.

import { type CallOptions, EtcdError, type Transport } from '@etcdkit/protocol'
import { noBytes } from '../bytes.ts'
import type { Clock } from '../clock.ts'
import { failure } from '../failure.ts'
import { WatchStream, type WatchStreamContext } from './watch-stream.ts'
import { Watcher, type WatchHost, type WatchPlan } from './watcher.ts'

/** The stream options of a watch: watches with the same ones share a stream. */
export type WatchStreamOptions = Pick<CallOptions, 'requireLeader' | 'headers' | 'endpoint'>

/** The watches of a client. */
export class WatchHub {
  readonly #transport: Transport
  readonly #context: WatchStreamContext
  readonly #streams = new Map<string, WatchStream>()
  // Far from where servers begin to count, so that an id of theirs is not taken for one of ours.
  #lastId = 2 ** 24 + Math.floor(Math.random() * 2 ** 30)
  #closed: EtcdError | undefined = undefined

  constructor(transport: Transport, clock: Clock) {
    this.#transport = transport
    this.#context = { transport, clock, takeId: () => ++this.#lastId }
  }

  /** Begins a watch. */
  open(plan: WatchPlan, options: WatchStreamOptions): Watcher {
    if (this.#closed !== undefined) return this.refuse(failure(plan.action(), this.#closed))
    if (plan.signal?.aborted) return this.refuse(plan.signal.reason)
    const watcher = new Watcher(plan, this.#streamFor(options), this.#context.clock)
    watcher.start()
    return watcher
  }

  /** A watch that ends with `reason` before it begins. */
  refuse(reason: unknown): Watcher {
    const watcher = new Watcher(nothing, nowhere, this.#context.clock)
    watcher.discard({ reason })
    return watcher
  }

  /** Ends all watches. */
  close(): void {
    this.#closed ??= new EtcdError('the client is closed', { code: 'closed' })
    for (const stream of [...this.#streams.values()]) stream.fail(this.#closed)
  }

  #streamFor(options: WatchStreamOptions): WatchStream {
    const key = this.#keyOf(options)
    const known = this.#streams.get(key)
    if (known !== undefined) return known
    const stream = new WatchStream(this.#context, options, () => this.#streams.delete(key))
    this.#streams.set(key, stream)
    return stream
  }

  // Where a stream cannot go on sending after the first answer, each watch has one of its own.
  #keyOf({ requireLeader, endpoint, headers = {} }: WatchStreamOptions): string {
    if (!this.#transport.fullDuplex) return String(++this.#lastId)
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
  start: 0,
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
