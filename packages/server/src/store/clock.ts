// Time as the store sees it: handed in, so that a test can move it by hand.

/** A clock that only goes forward, and calls back. */
export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  now(): number
  /** Calls `run` once, no sooner than in `delayMs` milliseconds and never before returning; the answer calls it off. */
  after(delayMs: number, run: () => void): () => void
}
