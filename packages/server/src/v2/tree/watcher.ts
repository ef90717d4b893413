// One watch: the events it was told of and has not passed on.

import type { V2Event } from './event.ts'
import type { WatchScope } from './history.ts'

/** Events that wait for a reader that is behind. Source: etcd `v2store/watcher_hub.go`, watch. */
const maxPending = 100

/** What a watch is asked for. */
export interface WatchOptions extends WatchScope {
  /** Whether it goes on after the first event. */
  readonly isStream: boolean
  /** The first index it is told of. */
  readonly since: number
}

/** A watch. Events pile up until `take`, at most a hundred; with one more it ends. */
export class Watcher {
  readonly options: WatchOptions
  /** The index of the store when it began. */
  readonly startIndex: number
  /** Takes it from where it waits for events. */
  readonly #remove: (watcher: Watcher) => void
  #pending: V2Event[] = []
  #wake: () => void = () => {}
  #isOver = false

  constructor(
    options: WatchOptions,
    startIndex: number,
    remove: (watcher: Watcher) => void = () => {},
  ) {
    this.options = options
    this.startIndex = startIndex
    this.#remove = remove
  }

  /** Whether no more events will come, beside those that wait. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Calls `wake` whenever there is something to take, or it is over. */
  onChange(wake: () => void): void {
    this.#wake = wake
  }

  /** The oldest event that waits. */
  take(): V2Event | undefined {
    return this.#pending.shift()
  }

  /** Tells an event. */
  tell(event: V2Event): void {
    if (this.#isOver) return
    if (this.#pending.length < maxPending) this.#pending.push(event)
    else this.#end()
    this.#wake()
  }

  /** Ends it; what waits is dropped. Twice is fine. */
  close(): void {
    this.#pending = []
    if (this.#isOver) return
    this.#end()
    this.#wake()
  }

  #end(): void {
    this.#isOver = true
    this.#remove(this)
  }
}
