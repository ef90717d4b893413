// Plays generated sequences to both servers of a lane, until they differ; then looks for the shortest that shows it.

import type { Arbitrary } from 'fast-check'
import { findCounterExample } from '../support/counter-example.ts'
import type { Tally } from '../support/tally.ts'
import { describeDifference } from './compare/code.ts'
import { compareSteps } from './compare/compare.ts'
import type { Lane } from './lane.ts'
import type { Operation } from './operation.ts'
import { prepare } from './play/common-ground.ts'
import { type PlayedStep, play } from './play/player.ts'

/** How often a sequence is played that takes longer than leases last. */
const maxTries = 5

/** How to explore. */
export interface ExploreOptions {
  readonly seed: number
  readonly runs: number
  /** What to play. */
  readonly sequences: Arbitrary<Operation[]>
  /** Told of everything that is compared. */
  readonly tally: Tally<PlayedStep>
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
  tally: Tally<PlayedStep>,
): Promise<string | undefined> {
  for (let tries = 1; ; tries++) {
    const start = performance.now()
    const { base, wanted, difference, met } = await playToBoth(lane, operations)
    const isSlow = performance.now() - start > lane.shortestLeaseMs
    // On a machine so slow a lease has ended in the midst of it, and on each server when it did.
    if (difference !== undefined && isSlow && tries < maxTries) continue
    tally.add(wanted, met)
    return difference && describeDifference(wanted, difference, base)
  }
}

async function playToBoth(
  { reference, embedded, version }: Lane,
  operations: readonly Operation[],
) {
  const base = await prepare([reference, embedded])
  const [wanted, got] = await Promise.all([
    play(reference, operations, base),
    play(embedded, operations, base),
  ])
  return { base, wanted, ...compareSteps(wanted, got, version) }
}
