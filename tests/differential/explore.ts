// Plays generated sequences to both servers of a lane, until they differ; then looks for the shortest that shows it.

import type { Arbitrary } from 'fast-check'
import { findCounterExample } from '../support/counter-example.ts'
import { describeDifference } from './compare/code.ts'
import { compareSteps } from './compare/compare.ts'
import type { Lane } from './lane.ts'
import type { Operation } from './operation.ts'
import { prepare } from './play/common-ground.ts'
import { play } from './play/player.ts'
import type { Tally } from './tally.ts'

/** How to explore. */
export interface ExploreOptions {
  readonly seed: number
  readonly runs: number
  /** What to play. */
  readonly sequences: Arbitrary<Operation[]>
  /** Told of everything that is compared. */
  readonly tally: Tally
}

/** Resolves with the shortest sequence found that tells the servers apart, as code; `undefined` if none was. */
export async function explore(lane: Lane, options: ExploreOptions): Promise<string | undefined> {
  const check = (operations: readonly Operation[]) =>
    findDifference(lane, operations, options.tally)
  try {
    return await findCounterExample(options.sequences, check, options)
  } catch (cause) {
    throw new Error(`${cause}\n${lane.log}`, { cause })
  }
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
