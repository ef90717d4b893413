// Counts of operations, as `/v2/stats/store` tells them, in its order.

const names = [
  'getsSuccess',
  'getsFail',
  'setsSuccess',
  'setsFail',
  'deleteSuccess',
  'deleteFail',
  'updateSuccess',
  'updateFail',
  'createSuccess',
  'createFail',
  'compareAndSwapSuccess',
  'compareAndSwapFail',
  'compareAndDeleteSuccess',
  'compareAndDeleteFail',
  'expireCount',
] as const

/** What is counted. */
export type Counter = (typeof names)[number]

/** The counts of a store. */
export class StoreStats {
  readonly #counts = new Map<Counter, number>(names.map((name) => [name, 0]))

  increase(name: Counter): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }

  /** All of them, in etcd's order. */
  get counts(): Readonly<Record<Counter, number>> {
    // It has every name, from the start on.
    return Object.fromEntries(this.#counts) as Record<Counter, number>
  }
}
