// Asks for the list of hosts again and again, without keeping the process alive.

import { type Timer, unref } from '../transport/timers.ts'

/** The timer of a client. */
export class HostRefresh {
  readonly #intervalMs: number
  readonly #refresh: () => Promise<unknown>
  #timer: Timer | undefined
  #closed = false

  /** `intervalMs`: 0 for never. */
  constructor(intervalMs: number, refresh: () => Promise<unknown>) {
    this.#intervalMs = intervalMs
    this.#refresh = refresh
    this.#wait()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  #wait(): void {
    if (this.#closed || this.#intervalMs === 0) return
    this.#timer = setTimeout(() => {
      // The list stays as it is when nobody tells a newer one.
      void this.#refresh()
        .catch(() => undefined)
        .then(() => this.#wait())
    }, this.#intervalMs)
    unref(this.#timer)
  }
}
