// Nothing may be pending for ever: whoever waits for a promise of the client waits through here.

import { setImmediate as turn } from 'node:timers/promises'
import type { Violations } from './violations.ts'

/** The client left a call pending. */
export class NeverSettledError extends Error {
  override readonly name: string = 'NeverSettledError'
}

/**
 * What a call may take beyond its own limit. This process may stand still for seconds on a busy machine, but then so do
 * the client's timers, and those come first when it goes on: the margin is for what no timer of this process ends.
 */
export const marginMs = 15_000

/** Waits with a limit, and notes what does not settle. */
export class Settling {
  readonly #violations: Violations

  constructor(violations: Violations) {
    this.#violations = violations
  }

  /** What the promise settles with. Rejects with `NeverSettledError` when it does not within its limit and the margin. */
  async within<T>(promise: Promise<T>, limitMs: number, what: string): Promise<T> {
    let isSettled = false
    const settled = promise.finally(() => {
      isSettled = true
    })
    // It may settle when nobody waits any more.
    settled.catch(() => undefined)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), limitMs + marginMs)
    })
    try {
      if ((await Promise.race([settled, late])) !== 'late' || isSettled) return await settled
      // What has just settled is told in this turn or the next.
      for (let turns = 0; turns < 3 && !isSettled; turns++) await turn()
      if (isSettled) return await settled
      this.#violations.add('never-settled', `${what}: not within ${limitMs} + ${marginMs} ms`)
      throw new NeverSettledError(what)
    } finally {
      clearTimeout(timer)
    }
  }
}
