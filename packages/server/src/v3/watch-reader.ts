// A watch of a service's own, read one answer at a time.

import { type MessageInit, WatchCreateRequest, type WatchResponse } from '@etcdkit/protocol'
import type { Credentials } from '../store/auth/credentials.ts'
import type { Store } from '../store/store.ts'
import type { WatchStream } from '../store/watch-stream.ts'

/** What a watch is of, on whose behalf, and for how long at most. */
export interface WatchReaderOptions {
  readonly store: Store
  readonly create: MessageInit<WatchCreateRequest>
  readonly from: Credentials
  readonly signal: AbortSignal
}

/** The answers. They wait in the store, which goes back to its history when they are many. */
export class WatchReader implements Disposable {
  readonly #stream: WatchStream
  readonly #signal: AbortSignal
  #next: WatchResponse | undefined
  #wake: () => void = () => {}

  /** Throws what keeps whoever it is for from watching. */
  constructor({ store, create, from, signal }: WatchReaderOptions) {
    const request = WatchCreateRequest.create(create)
    store.assertWatchable(request, from)
    this.#signal = signal
    this.#stream = store.watch((response) => {
      this.#next = response
      // The store may be in the middle of a change: whoever waits goes on after it.
      this.#wake()
      return false
    })
    signal.addEventListener('abort', this.#abort)
    this.#stream.create(request)
  }

  /** The next answer; `undefined` when the signal is aborted. */
  async next(): Promise<WatchResponse | undefined> {
    while (this.#next === undefined && !this.#signal.aborted) {
      this.#stream.ready()
      // It may have been handed over at once.
      if (this.#next !== undefined) break
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    const next = this.#signal.aborted ? undefined : this.#next
    this.#next = undefined
    return next
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this.#abort)
    this.#stream.close()
  }

  readonly #abort = (): void => this.#wake()
}
