// What a stream has received and its reader has not taken.

interface Waiter<O> {
  readonly resolve: (result: IteratorResult<O, undefined>) => void
  readonly reject: (reason: unknown) => void
}

interface Queued<O> {
  readonly message: O
  readonly bytes: number
}

/** With what a stream failed, of which nothing is there when it ended well. */
export interface StreamFailure {
  readonly reason: unknown
}

const done: IteratorResult<never, undefined> = { done: true, value: undefined }

// Beyond this many the array is shortened; before it, that would cost more than it saves.
const keptTaken = 1024

/** A queue between one stream and one reader, that is read as an iterator. */
export class MessageQueue<O> implements AsyncIterator<O, undefined> {
  readonly #onTaken: () => void
  readonly #onReturn: () => void
  readonly #queue: Queued<O>[] = []
  #taken = 0
  #waiter: Waiter<O> | undefined
  #ended = false
  #failure: StreamFailure | undefined
  #iterated = false
  /** Bytes of what waits for the reader. */
  bytes = 0

  /** `onTaken` is called when the reader has taken a message that waited, `onReturn` when it left. */
  constructor(onTaken: () => void, onReturn: () => void) {
    this.#onTaken = onTaken
    this.#onReturn = onReturn
  }

  /** The queue as the iterator of its stream. Throws the second time. */
  iterate(): AsyncIterator<O, undefined> {
    if (this.#iterated) throw new TypeError('a stream can be iterated once')
    this.#iterated = true
    return this
  }

  push(message: O, bytes: number): void {
    const waiter = this.#waiter
    if (waiter !== undefined) {
      this.#waiter = undefined
      waiter.resolve({ done: false, value: message })
      return
    }
    this.#queue.push({ message, bytes })
    this.bytes += bytes
  }

  /** Nothing more comes. What waits can still be taken. */
  finish(failure: StreamFailure | undefined): void {
    if (this.#ended) return
    this.#ended = true
    this.#failure = failure
    const waiter = this.#waiter
    this.#waiter = undefined
    if (waiter !== undefined) this.#afterEnd().then(waiter.resolve, waiter.reject)
  }

  next(): Promise<IteratorResult<O, undefined>> {
    const queued = this.#queue[this.#taken]
    if (queued !== undefined) return Promise.resolve({ done: false, value: this.#take(queued) })
    if (this.#ended) return this.#afterEnd()
    if (this.#waiter !== undefined) {
      return Promise.reject(new TypeError('a stream is read one message at a time'))
    }
    return new Promise((resolve, reject) => {
      this.#waiter = { resolve, reject }
    })
  }

  return(): Promise<IteratorResult<O, undefined>> {
    this.#onReturn()
    this.#ended = true
    this.#failure = undefined
    this.#queue.length = 0
    this.#taken = 0
    this.bytes = 0
    return Promise.resolve(done)
  }

  #take({ message, bytes }: Queued<O>): O {
    this.#taken++
    if (this.#taken === this.#queue.length || this.#taken > keptTaken) {
      this.#queue.splice(0, this.#taken)
      this.#taken = 0
    }
    this.bytes -= bytes
    this.#onTaken()
    return message
  }

  // The reason is told once; after it the iterator is at its end, as iterators are.
  #afterEnd(): Promise<IteratorResult<O, undefined>> {
    const failure = this.#failure
    if (failure === undefined) return Promise.resolve(done)
    this.#failure = undefined
    return Promise.reject(failure.reason)
  }
}
