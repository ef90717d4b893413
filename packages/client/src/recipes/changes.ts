// Changes for a reader that may be slow: of each key only the last is kept, so that what waits is bounded.

/** A change of a key: what it is now and what the reader was last told; `undefined` where it was not there. */
export interface Change<T> {
  readonly current: T | undefined
  readonly previous: T | undefined
}

/** Changes that wait for one reader. */
export class ChangeReader<T> implements AsyncIterableIterator<Change<T>, undefined> {
  readonly #waiting = new Map<string, Change<T>>()
  readonly #left: (reader: ChangeReader<T>) => void
  #wake: (() => void) | undefined = undefined
  #end: { readonly error?: unknown } | undefined = undefined

  /** `left` is called when the reader is done. */
  constructor(left: (reader: ChangeReader<T>) => void) {
    this.#left = left
  }

  /** A key has changed. What was not read yet of the same key is replaced. */
  push(key: string, change: Change<T>): void {
    const unread = this.#waiting.get(key)
    this.#waiting.delete(key)
    const previous = unread === undefined ? change.previous : unread.previous
    if (change.current === undefined && previous === undefined) return
    this.#waiting.set(key, { current: change.current, previous })
    this.#wake?.()
  }

  /** There is no more to come: because of `error`, or because it is over. What waits is told first. */
  finish(end: { readonly error?: unknown }): void {
    this.#end ??= end
    this.#wake?.()
  }

  async next(): Promise<IteratorResult<Change<T>, undefined>> {
    for (;;) {
      const [first] = this.#waiting
      if (first !== undefined) {
        this.#waiting.delete(first[0])
        return { value: first[1], done: false }
      }
      if (this.#end !== undefined) {
        const end = this.#end
        this.#end = {}
        this.#left(this)
        if ('error' in end) throw end.error
        return { value: undefined, done: true }
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
  }

  async return(): Promise<IteratorResult<Change<T>, undefined>> {
    this.#waiting.clear()
    this.finish({})
    this.#end = {}
    this.#left(this)
    return { value: undefined, done: true }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
