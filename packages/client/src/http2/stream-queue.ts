// Streams that wait for their turn: for one session, or for any of several that lead to the same server.

import type { Http2Stream } from './stream.ts'

/** What is kept of a stream until it is opened. */
export interface WaitingStream {
  readonly block: Uint8Array
  /** The body as far as it is known; `undefined`: nothing of it, not even that it is empty. */
  chunks: Uint8Array[] | undefined
  end: boolean
}

/** A session as the queue sees it. */
export interface StreamTaker {
  /** Opens those that wait and that there is room for. */
  admit(): void
  /** The last that waited may be gone. */
  relax(): void
}

/** Streams in the order they came, those that last apart from those that are over soon. */
export class StreamQueue {
  /** Those that last come first: there are few, and they never have the last stream of a server. */
  readonly lines: readonly [
    lasting: Map<Http2Stream, WaitingStream>,
    brief: Map<Http2Stream, WaitingStream>,
  ] = [new Map(), new Map()]
  readonly #takers = new Set<StreamTaker>()
  /** Hears of a stream that waits since all that the server allows at a time are in use. */
  onCrowded: ((isLasting: boolean) => void) | undefined

  /** How many wait. */
  get size(): number {
    return this.lines[0].size + this.lines[1].size
  }

  /** The line that a stream has to stand in. */
  lineOf(stream: Http2Stream): Map<Http2Stream, WaitingStream> {
    return this.lines[stream.isLasting ? 0 : 1]
  }

  /** A session takes streams from now on. */
  join(taker: StreamTaker): void {
    this.#takers.add(taker)
    this.serve()
  }

  leave(taker: StreamTaker): void {
    this.#takers.delete(taker)
  }

  /** Has every session take what it has room for. */
  serve(): void {
    for (const taker of this.#takers) taker.admit()
  }

  /** Some were taken out. */
  relax(): void {
    for (const taker of this.#takers) taker.relax()
  }

  /** All that wait. Each may be taken out while going through them. */
  *streams(): Iterable<Http2Stream> {
    for (const line of this.lines) yield* line.keys()
  }

  /** Takes all of them out, one after the other: whoever is told of one may take out another. */
  *drain(): Iterable<Http2Stream> {
    for (const line of this.lines) {
      for (const stream of line.keys()) {
        line.delete(stream)
        yield stream
      }
    }
  }
}
