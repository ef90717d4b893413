// How often a token may be refused before whoever sends it gives up.

// Users may change again before a new token is used, and for half a second a transport takes a new one for good,
// whatever is said of it: several streams may tell of the one before.
const pausesMs = [0, 100, 500, 100, 500, 100] as const

/** The refusals of tokens in a row, of what is tried again with another one each time. */
export class TokenRefusals {
  #count = 0

  /** A token was refused. Answers the milliseconds to wait before the next try; `undefined`: no more tries. */
  next(): number | undefined {
    const pauseMs = pausesMs[this.#count]
    this.#count += 1
    return pauseMs
  }

  /** A token was good: the next refusal is a new story. */
  reset(): void {
    this.#count = 0
  }
}
