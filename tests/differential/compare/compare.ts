// Holds what two servers answered against each other, step by step.

import { isDeepStrictEqual } from 'node:util'
import type { PlayedStep } from '../play/player.ts'
import { type KnownDifference, knownDifferences } from './known-differences.ts'

/** Where two servers differ. */
export interface Difference {
  /** Which step it is. */
  readonly index: number
  readonly reference: PlayedStep
  readonly embedded: PlayedStep
}

/** The outcome of a comparison. */
export interface Comparison {
  readonly difference: Difference | undefined
  /** The known differences that were met. */
  readonly met: readonly KnownDifference[]
}

/** Compares up to the first difference that is not known, or after which no more can be compared. */
export function compareSteps(
  reference: readonly PlayedStep[],
  embedded: readonly PlayedStep[],
  version: string,
): Comparison {
  const met: KnownDifference[] = []
  for (const [index, step] of reference.entries()) {
    const other = embedded[index] ?? notDone(step)
    if (isDeepStrictEqual(step.answer, other.answer)) continue
    const known = explain(step, other, version)
    if (known === undefined) {
      return { difference: { index, reference: step, embedded: other }, met }
    }
    met.push(known.row)
    if (known.extent === 'state') break
  }
  return { difference: undefined, met }
}

/** One that did not answer is asked no more. */
function notDone({ operation }: PlayedStep): PlayedStep {
  return { operation, sent: [], answer: 'not asked' }
}

function explain(
  reference: PlayedStep,
  embedded: PlayedStep,
  version: string,
): { readonly row: KnownDifference; readonly extent: 'answer' | 'state' } | undefined {
  for (const row of knownDifferences) {
    if (!row.versions.some((each) => version.startsWith(`${each}.`))) continue
    const extent = row.explains({ reference, embedded })
    if (extent !== undefined) return { row, extent }
  }
  return undefined
}
