// The Watch service: each stream is a watch stream of the store.

import { type ResponseHeader, Watch, type WatchRequest, WatchResponse } from '@etcdkit/protocol'
import type { Store } from '../store/store.ts'
import type { WatchStream } from '../store/watch-stream.ts'
import { type StreamHandler, type StreamService, type StreamSink, streaming } from './service.ts'

/** The streams that are open. */
export class WatchService {
  readonly service: StreamService<WatchRequest, WatchResponse>
  readonly #store: Store
  readonly #open = new Set<WatchHandler>()

  constructor(store: Store) {
    this.#store = store
    this.service = streaming(Watch.watch, (sink) => {
      const handler = new WatchHandler(store, sink, () => this.#open.delete(handler))
      this.#open.add(handler)
      return handler
    })
  }

  /** Open streams. */
  get streams(): number {
    return this.#open.size
  }

  /** Watchers on them. */
  get watchers(): number {
    let watchers = 0
    for (const handler of this.#open) watchers += handler.watchers
    return watchers
  }

  /** Ends every watcher as a compaction does that overtakes it. */
  overtake(): void {
    for (const handler of [...this.#open]) handler.overtake(this.#store.compactRevision)
  }
}

/** One watch stream. The client may say that it sends no more: that ends nothing. */
class WatchHandler implements StreamHandler<WatchRequest> {
  readonly #stream: WatchStream
  readonly #sink: StreamSink<WatchResponse>
  readonly #closed: () => void
  readonly #header: () => ResponseHeader
  readonly #ids = new Set<number>()
  /** Watchers whose end was told, though not by the store. */
  readonly #overtaken = new Set<number>()

  constructor(store: Store, sink: StreamSink<WatchResponse>, closed: () => void) {
    this.#sink = sink
    this.#closed = closed
    this.#header = () => store.header()
    this.#stream = store.watch((response) => this.#answer(response))
  }

  get full(): boolean {
    return this.#stream.full
  }

  get watchers(): number {
    return this.#ids.size
  }

  message(request: WatchRequest): void {
    this.#stream.handle(request)
  }

  halfClose(): void {}

  ready(): void {
    this.#stream.ready()
  }

  close(): void {
    this.#stream.close()
    this.#closed()
  }

  overtake(compactRevision: number): void {
    const header = { ...this.#header(), revision: 0 }
    for (const watchId of [...this.#ids]) {
      this.#ids.delete(watchId)
      this.#overtaken.add(watchId)
      this.#sink.message(WatchResponse.create({ header, watchId, canceled: true, compactRevision }))
      this.#stream.cancel(watchId)
    }
  }

  #answer(response: WatchResponse): boolean {
    const { watchId, created, canceled } = response
    if (this.#overtaken.size > 0 && this.#overtaken.has(watchId)) {
      if (canceled) this.#overtaken.delete(watchId)
      return true
    }
    if (canceled) this.#ids.delete(watchId)
    else if (created) this.#ids.add(watchId)
    return this.#sink.message(response)
  }
}
