// The way from a watch stream to its reader, who may be slow.

import type { WatchResponse } from '@etcdkit/protocol'

/**
 * Where a watch stream puts its answers: `false` when the reader is full.
 *
 * The answer it was given is taken all the same; no other follows until `stream.ready()`. It is called while the store
 * changes, so it must not throw, and must not call the store or the stream: it writes, or puts by.
 */
export type WatchSink = (response: WatchResponse) => boolean

/** Answers on their way, in order. */
export class WatchOutbox {
  readonly #sink: WatchSink
  #queue: WatchResponse[] = []
  #full = false

  constructor(sink: WatchSink) {
    this.#sink = sink
  }

  /** Whether the reader takes no more for now. */
  get full(): boolean {
    return this.#full
  }

  /** Number of answers that wait for the reader. */
  get waiting(): number {
    return this.#queue.length
  }

  /** Hands over an answer, now or when there is room. */
  push(response: WatchResponse): void {
    if (this.#full) this.#queue.push(response)
    else this.#full = !this.#sink(response)
  }

  /** Hands over what waits, as far as there is room now. */
  drain(): void {
    this.#full = false
    const queue = this.#queue
    this.#queue = []
    for (const response of queue) this.push(response)
  }

  /** Forgets what waits. */
  clear(): void {
    this.#queue = []
  }
}
