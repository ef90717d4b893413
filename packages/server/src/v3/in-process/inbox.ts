// The messages of a stream that wait for their reader, and its end.

import { deliver } from './deliveries.ts'

/** How a stream ended for its reader. */
export type End = { readonly kind: 'done' } | { readonly kind: 'error'; readonly reason: unknown }

interface Waiter<O> {
  readonly resolve: (result: IteratorResult<O, undefined>) => void
  readonly reject: (reason: unknown) => void
}

/** Messages that may wait before the sender is told to stop. */
const maxWaiting = 64
const done: IteratorResult<never, undefined> = { done: true, value: undefined }

/** Read by one reader, one message at a time. */
export class Inbox<O> {
  readonly #decode: (bytes: Uint8Array) => O
  readonly #onRoom: () => void
  #queue: Uint8Array[] = []
  #waiter: Waiter<O> | undefined
  #waking = false
  #full = false
  #end: End | undefined

  /** `onRoom` is called when there is room again after `push` answered that there is none. */
  constructor(decode: (bytes: Uint8Array) => O, onRoom: () => void) {
    this.#decode = decode
    this.#onRoom = onRoom
  }

  /** Adds a message; whether there is room for more. */
  push(bytes: Uint8Array): boolean {
    this.#queue.push(bytes)
    this.#wakeLater()
    this.#full = this.#queue.length >= maxWaiting
    return !this.#full
  }

  /** Nothing more will come. The reader hears of it after what waits. */
  finish(end: End): void {
    this.#end ??= end
    this.#wakeLater()
  }

  /** The reader wants no more. */
  clear(): void {
    this.#queue = []
  }

  next(): Promise<IteratorResult<O, undefined>> {
    if (this.#queue.length > 0 || this.#end !== undefined) return this.#take()
    if (this.#waiter !== undefined) {
      return Promise.reject(new TypeError('a stream is read one message at a time'))
    }
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject }
    })
  }

  #take(): Promise<IteratorResult<O, undefined>> {
    const bytes = this.#queue.shift()
    if (bytes !== undefined) {
      if (this.#full && this.#queue.length === 0) {
        this.#full = false
        this.#onRoom()
      }
      return Promise.resolve({ done: false, value: this.#decode(bytes) })
    }
    const end = this.#end
    if (end?.kind !== 'error') return Promise.resolve(done)
    // The reason is told once; after it the iterator is at its end, as iterators are.
    this.#end = { kind: 'done' }
    return Promise.reject(end.reason)
  }

  #wakeLater(): void {
    if (this.#waiter === undefined || this.#waking) return
    this.#waking = true
    deliver(() => {
      this.#waking = false
      const waiter = this.#waiter
      this.#waiter = undefined
      if (waiter !== undefined) this.#take().then(waiter.resolve, waiter.reject)
    })
  }
}
