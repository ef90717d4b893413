// Requests that wait for a free connection, in the order they came. undici has a line of its own, but what is canceled
// stays in it until a connection is free, and then costs that connection.

/** Lets so many in at a time. */
export class WaitingLine {
  readonly #places: number
  readonly #waiting = new Set<() => void>()
  #inside = 0
  #isOpen = false

  constructor(places: number) {
    this.#places = places
  }

  /** Calls `begin` when there is a place, at once if there is one now. Who has begun is to `leave`. */
  enter(begin: () => void): void {
    if (!this.#isOpen && this.#inside >= this.#places) {
      this.#waiting.add(begin)
      return
    }
    this.#inside++
    begin()
  }

  /** Who waits goes away. Fine when it has begun. */
  forget(begin: () => void): void {
    this.#waiting.delete(begin)
  }

  /** A place is free. */
  leave(): void {
    const [next] = this.#waiting
    this.#inside--
    if (next === undefined) return
    this.#waiting.delete(next)
    this.#inside++
    // One that fails as it begins leaves at once: many of those would be a deep stack.
    queueMicrotask(next)
  }

  /** Lets everybody in from now on. */
  open(): void {
    this.#isOpen = true
    for (const begin of this.#waiting) {
      this.#waiting.delete(begin)
      this.#inside++
      begin()
    }
  }
}
