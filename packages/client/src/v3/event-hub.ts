// What a client tells of itself while it works, handed to everyone who listens. Nobody has to.

import type { ClientEvent, EventSink } from '@etcdkit/protocol'
import type { EventOutlet } from './event-outlet.ts'

/** What a reader is told beside the events: `count` of them, the oldest, were dropped since it was behind. */
export interface DroppedEvents {
  readonly type: 'dropped'
  readonly count: number
}

/** How many events wait for a reader before the oldest are dropped. */
const maxWaiting = 1024

/** The events of a client and their readers. */
export class EventHub implements EventOutlet {
  readonly #tap: EventOutlet | undefined
  readonly #onActive: (sink: EventSink | undefined) => void
  readonly #readers = new Set<EventReader>()
  #closed = false

  /**
   * `onActive` is told where to send events when the first reader comes, and `undefined` when the last has gone. `tap`:
   * where events go beside the readers, such as a channel of the runtime's.
   */
  constructor(onActive: (sink: EventSink | undefined) => void, tap?: EventOutlet | undefined) {
    this.#onActive = onActive
    this.#tap = tap
  }

  /** Whether anyone listens: without, there is no need to make an event. */
  get active(): boolean {
    return this.#readers.size > 0 || this.#tap?.active === true
  }

  /** Tells everyone who listens. */
  emit(event: ClientEvent): void {
    if (this.#tap?.active === true) this.#tap.emit(event)
    this.tell(event)
  }

  /** Tells the readers alone, of what the tap knows already. */
  tell(event: ClientEvent): void {
    for (const reader of this.#readers) reader.push(event)
  }

  /** The events from now on. Leaving the loop ends it, and so does `close`. */
  events(): AsyncIterableIterator<ClientEvent | DroppedEvents> {
    const reader = new EventReader(() => this.#leave(reader))
    if (this.#closed) reader.end()
    else {
      this.#readers.add(reader)
      if (this.#readers.size === 1) this.#onActive((event) => this.tell(event))
    }
    return reader
  }

  /** Ends every reader, after what it has not read yet. */
  close(): void {
    this.#closed = true
    for (const reader of this.#readers) reader.end()
  }

  #leave(reader: EventReader): void {
    if (this.#readers.delete(reader) && this.#readers.size === 0) this.#onActive(undefined)
  }
}

type Result = IteratorResult<ClientEvent | DroppedEvents, undefined>

const done: Result = { done: true, value: undefined }

/** One loop over the events, with what waits for it. */
class EventReader implements AsyncIterableIterator<ClientEvent | DroppedEvents> {
  readonly #onEnd: () => void
  #waiting: ClientEvent[] = []
  #dropped = 0
  #asking: ((result: Result) => void)[] = []
  #ended = false

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd
  }

  push(event: ClientEvent): void {
    const ask = this.#asking.shift()
    if (ask !== undefined) {
      ask({ done: false, value: event })
      return
    }
    if (this.#waiting.length === maxWaiting) {
      this.#waiting.shift()
      this.#dropped++
    }
    this.#waiting.push(event)
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#onEnd()
    for (const ask of this.#asking) ask(done)
    this.#asking = []
  }

  next(): Promise<Result> {
    if (this.#dropped > 0) {
      const count = this.#dropped
      this.#dropped = 0
      return Promise.resolve({ done: false, value: { type: 'dropped', count } })
    }
    const value = this.#waiting.shift()
    if (value !== undefined) return Promise.resolve({ done: false, value })
    if (this.#ended) return Promise.resolve(done)
    return new Promise((resolve) => this.#asking.push(resolve))
  }

  return(): Promise<Result> {
    this.#waiting = []
    this.#dropped = 0
    this.end()
    return Promise.resolve(done)
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
