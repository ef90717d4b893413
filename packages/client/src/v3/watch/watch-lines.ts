// The watches with one set of stream options, and on which of their streams each is.

import type { CallOptions, EtcdError } from '@etcdkit/protocol'
import { isTokenRefusal } from '../failure.ts'
import { WatchStream, type WatchStreamContext } from './watch-stream.ts'
import type { Watcher, WatchHost } from './watcher.ts'

/**
 * Watches share one stream. There are more only where one does not do:
 *
 * - A server may limit the watches of a stream. The first one it refuses (`too-many-requests`, `resource-exhausted`)
 *   tells how many a stream takes; the others go on further streams. A stream that takes none at all is tried again
 *   after a pause.
 * - A stream carries the token it was opened with. When that is refused, another token is had, and new watches go on a
 *   new stream. Those that the server made before stay where they are: it does not ask for their token again.
 */
export class WatchLines implements WatchHost {
  readonly #context: WatchStreamContext
  readonly #options: CallOptions
  readonly #onEmpty: () => void
  readonly #watchers = new Set<Watcher>()
  readonly #streams = new Set<WatchStream>()
  /** Where those are that are to be on the server: all but the paused ones. */
  readonly #streamOf = new Map<Watcher, WatchStream>()
  /** Those that wait before they are placed again. */
  readonly #pausing = new Map<Watcher, unknown>()

  /** `onEmpty` is called when the last watch has ended. */
  constructor(context: WatchStreamContext, options: CallOptions, onEmpty: () => void) {
    this.#context = context
    this.#options = options
    this.#onEmpty = onEmpty
  }

  /** Ends all watches with `reason`. */
  fail(reason: unknown): void {
    for (const watcher of [...this.#watchers]) watcher.fail(reason)
  }

  place(watcher: Watcher): void {
    this.#watchers.add(watcher)
    let stream: WatchStream | undefined
    for (const candidate of this.#streams) if (candidate.hasRoom) stream = candidate
    stream ??= this.#addStream()
    this.#streamOf.set(watcher, stream)
    stream.place(watcher)
  }

  remove(watcher: Watcher): void {
    this.#context.clock.clearTimeout(this.#pausing.get(watcher))
    this.#pausing.delete(watcher)
    const stream = this.#streamOf.get(watcher)
    if (stream === undefined) return
    this.#streamOf.delete(watcher)
    if (stream.remove(watcher)) this.#streams.delete(stream)
  }

  leave(watcher: Watcher): void {
    this.remove(watcher)
    if (this.#watchers.delete(watcher) && this.#watchers.size === 0) this.#onEmpty()
  }

  requestProgress(watcher: Watcher): void {
    this.#streamOf.get(watcher)?.requestProgress(watcher)
  }

  #addStream(): WatchStream {
    const stream: WatchStream = new WatchStream(this.#context, this.#options, {
      refused: (watcher, reason) => this.#refused(watcher, reason),
    })
    this.#streams.add(stream)
    return stream
  }

  // The server does not make a watch, or has ended it.
  #refused(watcher: Watcher, reason: EtcdError): void {
    const stream = this.#streamOf.get(watcher)
    if (stream === undefined) return
    if (isTokenRefusal(reason)) {
      const pauseMs = stream.renewToken() ? watcher.tokenRefusals.next() : undefined
      if (pauseMs === undefined) watcher.fail(reason)
      else this.#replace(watcher, pauseMs)
    } else if (!isFull(reason)) watcher.refused(reason)
    else if (stream.isFull()) this.#replace(watcher, 0)
    else stream.restart(reason)
  }

  #replace(watcher: Watcher, pauseMs: number): void {
    this.remove(watcher)
    if (pauseMs === 0) {
      this.place(watcher)
      return
    }
    const over = (): void => {
      this.#pausing.delete(watcher)
      this.place(watcher)
    }
    this.#pausing.set(watcher, this.#context.clock.setTimeout(over, pauseMs))
  }
}

function isFull({ code }: EtcdError): boolean {
  return code === 'too-many-requests' || code === 'resource-exhausted'
}
