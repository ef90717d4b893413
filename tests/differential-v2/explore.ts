// Plays generated sequences to both servers of a lane, until they differ; then looks for the shortest that shows it.

import type fc from 'fast-check'
import { findCounterExample, type SearchOptions } from '../support/counter-example.ts'
import type { Tally } from '../support/tally.ts'
import { forgetUsers, prepare } from './common-ground.ts'
import { compareSteps } from './compare.ts'
import type { Lane } from './lane.ts'
import type { Operation } from './operation.ts'
import { type PlayedStep, play } from './player.ts'

/** How to explore. */
export interface ExploreOptions extends SearchOptions {
  readonly sequences: fc.Arbitrary<Operation[]>
  /** Whether they are about users too. */
  readonly hasUsers?: boolean
  /** Told of everything that is compared. */
  readonly tally: Tally<PlayedStep>
}

/** Resolves with the shortest sequence found that tells the servers apart, as commands; `undefined` if none was. */
export async function explore(lane: Lane, options: ExploreOptions): Promise<string | undefined> {
  const { reference, embedded, version } = lane
  const findDifference = async (operations: readonly Operation[]): Promise<string | undefined> => {
    if (options.hasUsers) await Promise.all([reference, embedded].map(forgetUsers))
    const base = await prepare([reference, embedded])
    const [wanted, got] = await Promise.all([
      play(reference, operations, base),
      play(embedded, operations, base),
    ])
    const { difference, met } = compareSteps(wanted, got, version)
    options.tally.add(wanted, met === undefined ? [] : [met])
    return difference
  }
  try {
    return await findCounterExample(options.sequences, findDifference, options)
  } catch (cause) {
    throw new Error(`${cause}\n${lane.log}`, { cause })
  }
}
