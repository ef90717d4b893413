// A member's copy of the store, and the writes that it has not heard of.

import { V2Store } from '../../../packages/server/src/v2/tree/store.ts'

type Change = (replica: Replica) => unknown

/** How often what has outlived its time is removed, in milliseconds. */
const sweepMs = 500

/** A copy. */
export class Replica {
  readonly store = new V2Store(() => Date.now())
  /** The place of the last write in the log. */
  raftIndex = 0
  #later: Change[] = []
  readonly #sweep = setInterval(() => this.store.expire(), sweepMs)

  /** Has a change wait. */
  later(change: Change): void {
    this.#later.push(change)
  }

  /** Does what waits. */
  catchUp(): void {
    const changes = this.#later
    this.#later = []
    for (const change of changes) this.#do(change)
  }

  close(): void {
    clearInterval(this.#sweep)
    this.store.close()
  }

  /** What the leader refused is refused here, too. */
  #do(change: Change): void {
    try {
      change(this)
    } catch {}
  }
}
