// What was found wrong.

/** A promise that was not kept. */
export interface Violation {
  /** Which promise: `lost-event`, `doubled-write`, … */
  readonly kind: string
  readonly details: string
}

/** Takes violations. Many of one kind tell no more than some do. */
export class Violations {
  readonly #list: Violation[] = []
  #dropped = 0

  add(kind: string, details: string): void {
    if (this.#list.length < 100) this.#list.push({ kind, details: details.slice(0, 4000) })
    else this.#dropped++
  }

  get count(): number {
    return this.#list.length + this.#dropped
  }

  get list(): readonly Violation[] {
    return this.#list
  }
}
