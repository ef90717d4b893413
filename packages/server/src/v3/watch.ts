// The Watch service: each stream is a watch stream of the store.

import {
  Watch,
  type WatchCreateRequest,
  type WatchRequest,
  type WatchResponse,
} from '@etcdkit/protocol'
import type { Store } from '../store/store.ts'
import type { WatchStream } from '../store/watch-stream.ts'
import {
  type CallContext,
  type StreamHandler,
  type StreamService,
  type StreamSink,
  streaming,
} from './service.ts'
import { describeAsGo, statusOfError } from './status.ts'

/** The streams that are open. */
export class WatchService {
  readonly service: StreamService<WatchRequest, WatchResponse>
  readonly #open = new Set<WatchHandler>()

  constructor(store: Store) {
    this.service = streaming(Watch.watch, (sink, context) => {
      const closed = () => this.#open.delete(handler)
      const handler = new WatchHandler(store, { sink, context, closed })
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
}

interface HandlerParts {
  readonly sink: StreamSink<WatchResponse>
  readonly context: CallContext
  readonly closed: () => void
}

/** One watch stream. The client may say that it sends no more: that ends nothing. */
class WatchHandler implements StreamHandler<WatchRequest> {
  readonly #store: Store
  readonly #stream: WatchStream
  readonly #parts: HandlerParts
  readonly #ids = new Set<number>()

  constructor(store: Store, parts: HandlerParts) {
    this.#store = store
    this.#parts = parts
    this.#stream = store.watch((response) => this.#answer(response))
  }

  get full(): boolean {
    return this.#stream.full
  }

  get watchers(): number {
    return this.#ids.size
  }

  message(request: WatchRequest): void {
    const reason = request.createRequest && this.#reasonAgainst(request.createRequest)
    if (reason === undefined) this.#stream.handle(request)
    else this.#stream.refuse(reason)
  }

  halfClose(): void {}

  ready(): void {
    this.#stream.ready()
  }

  close(): void {
    this.#stream.close()
    this.#parts.closed()
  }

  /** Why whoever has opened the stream may not watch that, in Go's words for an error. */
  #reasonAgainst(request: WatchCreateRequest): string | undefined {
    // That it is too old is told first.
    if (request.startRevision < 0) return undefined
    try {
      this.#store.assertWatchable(request, this.#parts.context)
      return undefined
    } catch (error) {
      return describeAsGo(statusOfError(error))
    }
  }

  #answer(response: WatchResponse): boolean {
    const { watchId, created, canceled } = response
    if (canceled) this.#ids.delete(watchId)
    else if (created) this.#ids.add(watchId)
    return this.#parts.sink.message(response)
  }
}
