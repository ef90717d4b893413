// Plays generated sequences to both servers of a lane, until they differ; then looks for the shortest that shows it.

import fc from 'fast-check'
import { sequences } from './arbitraries/sequences.ts'
import { describeDifference } from './compare/code.ts'
import { compareSteps } from './compare/compare.ts'
import type { Lane } from './lane.ts'
import type { Operation } from './operation.ts'
import { prepare } from './play/common-ground.ts'
import { play } from './play/player.ts'
import type { Tally } from './tally.ts'

/** How long to look for a shorter sequence that fails. */
const shrinkMs = 45_000

/** How to explore. */
export interface ExploreOptions {
  readonly seed: number
  readonly runs: number
  /** Told of everything that is compared. */
  readonly tally: Tally
}

/** A sequence that is answered differently. */
class DifferenceError extends Error {
  override readonly name: string = 'DifferenceError'
}

/** Resolves with the shortest sequence found that tells the servers apart, as code; `undefined` if none was. */
export async function explore(lane: Lane, options: ExploreOptions): Promise<string | undefined> {
  const { seed, runs, tally } = options
  let deadline = Number.POSITIVE_INFINITY
  const property = fc.asyncProperty(sequences, async (operations) => {
    // Shrinking ends when nothing shorter fails.
    if (performance.now() > deadline) return
    try {
      const code = await findDifference(lane, operations, tally)
      if (code !== undefined) throw new DifferenceError(code)
    } catch (error) {
      // What is no difference, such as a server that is gone, is nothing to shrink.
      const limitMs = error instanceof DifferenceError ? shrinkMs : 0
      deadline = Math.min(deadline, performance.now() + limitMs)
      throw error
    }
  })
  const outcome = await fc.check(property, { seed, numRuns: runs })
  if (!outcome.failed) return undefined
  const error = outcome.errorInstance
  if (!(error instanceof DifferenceError)) {
    throw new Error(`Cannot go on with seed ${seed}: ${error}\n${lane.log}`, { cause: error })
  }
  return `// seed ${seed}, run ${outcome.numRuns}, shrunk ${outcome.numShrinks} times\n${error.message}`
}

/** Plays a sequence to both; resolves with it as code if they differ. */
async function findDifference(
  lane: Lane,
  operations: readonly Operation[],
  tally: Tally,
): Promise<string | undefined> {
  const { reference, embedded, version } = lane
  const base = await prepare([reference, embedded])
  const [wanted, got] = await Promise.all([
    play(reference, operations, base),
    play(embedded, operations, base),
  ])
  const { difference, met } = compareSteps(wanted, got, version)
  tally.add(wanted, met)
  if (difference === undefined) return undefined
  return describeDifference(wanted, difference, base)
}
