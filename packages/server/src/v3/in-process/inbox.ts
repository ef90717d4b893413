// The messages of a stream that wait for their reader, and its end.

import { deliver } from './deliveries.ts'

/** How a stream ended for its reader. */
export type End = { readonly kind: 'done' } | { readonly kind: 'error'; readonly reason: unknown }

interface Waiter<O> {
  readonly resolve: (result: IteratorResult<O, undefined>) => void
  readonly reject: (reason: unknown) => void
}

/** Messages, and their bytes, that may wait before the sender is told to stop. */
const maxWaiting = 64
const maxWaitingBytes = 1024 * 1024
const done: IteratorResult<never, undefined> = { done: true, value: undefined }

/** Read by one reader, one message at a time. What comes in can be read in the next turn of the event loop. */
export class Inbox<O> {
  readonly #decode: (bytes: Uint8Array) => O
  readonly #onRoom: () => void
  #arriving: Uint8Array[] = []
  #arrivingEnd: End | undefined
  #delivering = false
  #queue: Uint8Array[] = []
  #end: End | undefined
  #waiter: Waiter<O> | undefined
  #waitingBytes = 0
  #full = false

  /** `onRoom` is called when there is room again after `push` answered that there is none. */
  constructor(decode: (bytes: Uint8Array) => O, onRoom: () => void) {
    this.#decode = decode
    this.#onRoom = onRoom
  }

  /** Adds a message; whether there is room for more. */
  push(bytes: Uint8Array): boolean {
    this.#arriving.push(bytes)
    this.#deliverLater()
    this.#waitingBytes += bytes.length
    const waiting = this.#arriving.length + this.#queue.length
    this.#full = waiting >= maxWaiting || this.#waitingBytes >= maxWaitingBytes
    return !this.#full
  }

  /** Nothing more will come. The reader hears of it after what waits. */
  finish(end: End): void {
    this.#arrivingEnd ??= end
    this.#deliverLater()
  }

  /** The reader wants no more. */
  clear(): void {
    this.#arriving = []
    this.#queue = []
    this.#end = { kind: 'done' }
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
      this.#waitingBytes -= bytes.length
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

  #deliverLater(): void {
    if (this.#delivering) return
    this.#delivering = true
    deliver(() => this.#deliver())
  }

  #deliver(): void {
    this.#delivering = false
    if (this.#queue.length === 0) this.#queue = this.#arriving
    else this.#queue.push(...this.#arriving)
    this.#arriving = []
    this.#end ??= this.#arrivingEnd
    const waiter = this.#waiter
    if (waiter === undefined || (this.#queue.length === 0 && this.#end === undefined)) return
    this.#waiter = undefined
    this.#take().then(waiter.resolve, waiter.reject)
  }
}
