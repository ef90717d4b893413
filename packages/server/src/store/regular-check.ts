// Something to be seen to at regular moments, but only at those at which there may be something to do.

import type { Clock } from './clock.ts'

/** Calls `check` at multiples of a period since its making. */
export class RegularCheck {
  readonly #clock: Clock
  readonly #periodMs: number
  /** Sees to what is due; answers when there will be more, if that is known. */
  readonly #check: () => number | undefined
  readonly #startedAt: number
  #next: { readonly at: number; readonly cancel: () => void } | undefined
  #closed = false

  constructor(clock: Clock, periodMs: number, check: () => number | undefined) {
    this.#clock = clock
    this.#periodMs = periodMs
    this.#check = check
    this.#startedAt = clock.now()
  }

  /** Sees to it that the first moment from `time` on that is yet to come is not missed. */
  scheduleFor(time: number): void {
    const now = this.#clock.now()
    const at = this.#momentFrom(Math.max(time, now), now)
    if (this.#closed || (this.#next !== undefined && this.#next.at <= at)) return
    this.#next?.cancel()
    this.#next = { at, cancel: this.#clock.after(at - now, () => this.#run()) }
  }

  /** Calls no more. */
  close(): void {
    this.#closed = true
    this.#next?.cancel()
    this.#next = undefined
  }

  #momentFrom(time: number, now: number): number {
    const periods = Math.ceil((time - this.#startedAt) / this.#periodMs)
    const at = this.#startedAt + periods * this.#periodMs
    return at > now ? at : at + this.#periodMs
  }

  #run(): void {
    this.#next = undefined
    const next = this.#check()
    if (next !== undefined) this.scheduleFor(next)
  }
}
