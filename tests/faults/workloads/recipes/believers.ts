// Who believes to hold what, in this process: at no moment more than may, and nobody after its key was given away.

import { setImmediate as turn } from 'node:timers/promises'
import type { RoundContext } from '../../round/context.ts'
import { pause } from '../../round/pause.ts'
import type { Claim } from './check.ts'
import { blockersOf, type Primitive, type Tenure } from './primitives.ts'

interface Belief extends Claim {
  readonly tenure: Tenure
}

const longestShownMs = 5000

/**
 * The holders of one primitive. Whoever gets it may have got it only after the server gave away what others held, and
 * their signals are aborted no later. One turn of the event loop is allowed on top of it, as in the workload of leases:
 * when this process stood still, the answer that gives it and the timer that gives it up are both due.
 */
export class Believers {
  readonly #context: RoundContext
  readonly #primitive: Primitive
  readonly #claims: Claim[] = []
  #beliefs: Belief[] = []
  readonly #judging: Promise<void>[] = []

  constructor(context: RoundContext, primitive: Primitive) {
    this.#context = context
    this.#primitive = primitive
  }

  /** Everything that was ever held. */
  get claims(): readonly Claim[] {
    return this.#claims
  }

  /** Somebody holds it from now on, and believes so until the signal aborts. */
  add(holder: string, tenure: Tenure): void {
    const { key, fence } = tenure
    this.#context.tally.add(`tenures: ${this.#primitive.name}`)
    this.#claims.push({ holder, key, fence })
    this.#beliefs = this.#beliefs.filter((each) => !each.tenure.signal.aborted)
    this.#beliefs.push({ holder, tenure, key, fence })
    if (this.#conflict() !== undefined) this.#judging.push(this.#judgeConflict())
  }

  /** A key was deleted at a revision. */
  deleted(key: string, revision: number): void {
    const belief = this.#beliefs.find(
      (each) => each.key === key && each.fence < revision && !each.tenure.signal.aborted,
    )
    // A session that asks again uses the name of its key again.
    if (belief) this.#judging.push(this.#judgeStale(belief, `${key} was deleted at ${revision}`))
  }

  /** A write under the fence was refused: the key is gone. */
  refused(tenure: Tenure, what: string): void {
    const belief = this.#beliefs.find((each) => each.tenure === tenure)
    if (belief) this.#judging.push(this.#judgeStale(belief, `${what} was refused`))
  }

  /** Resolves when everything is judged. */
  async judged(): Promise<void> {
    await Promise.all(this.#judging)
  }

  /** Holders of whom one should still wait for the others. */
  #conflict(): readonly Belief[] | undefined {
    const { among } = this.#primitive
    const held = this.#beliefs.filter(({ tenure }) => !tenure.signal.aborted)
    for (const belief of held) {
      const blockers = blockersOf(this.#primitive, belief, held)
      if (blockers.length >= among) return [belief, ...blockers]
    }
    return undefined
  }

  async #judgeConflict(): Promise<void> {
    await pause(0)
    await turn()
    const conflict = this.#conflict()
    if (conflict === undefined) return
    const names = conflict.map(({ holder, key, fence }) => `${holder} by ${key} since ${fence}`)
    this.#context.violations.add('two-believers', `${this.#primitive.name}: ${names.join('; ')}`)
  }

  async #judgeStale({ holder, tenure }: Belief, why: string): Promise<void> {
    const arrivedAt = performance.now()
    await pause(0)
    await turn()
    if (tenure.signal.aborted) return
    await pause(longestShownMs, tenure.signal)
    const lateMs = Math.round(performance.now() - arrivedAt)
    const details = `${holder} believes in ${tenure.key} since ${tenure.fence} for ${lateMs} ms after ${why}`
    this.#context.violations.add('stale-holder', details)
  }
}
