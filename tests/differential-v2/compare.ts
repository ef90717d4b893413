// Holds what two servers answered against each other, and tells where they differ as commands that can be run.

import { inspect, isDeepStrictEqual } from 'node:util'
import { type KnownDifference, knownDifferences } from './known-differences.ts'
import type { PlayedStep } from './player.ts'

/** The outcome of a comparison. */
export interface Comparison {
  /** Where they differ, as code. */
  readonly difference: string | undefined
  /** The known difference that was met; what comes after it is not compared. */
  readonly met: KnownDifference | undefined
}

/** Compares up to the first difference. */
export function compareSteps(
  reference: readonly PlayedStep[],
  embedded: readonly PlayedStep[],
  version: string,
): Comparison {
  for (const [index, step] of reference.entries()) {
    // One that did not answer is asked no more.
    const other = embedded[index]?.answer ?? 'not asked'
    if (isDeepStrictEqual(step.answer, other)) continue
    const met = knownDifferences.find(
      ({ versions, explains }) =>
        versions.some((each) => version.startsWith(`${each}.`)) && explains(step.answer),
    )
    const steps = reference.slice(0, index + 1)
    const difference = met === undefined ? describe(steps, step.answer, other) : undefined
    return { difference, met }
  }
  return { difference: undefined, met: undefined }
}

function describe(steps: readonly PlayedStep[], wanted: unknown, got: unknown): string {
  return [
    '// Of a server with --enable-v2, to which nobody else writes, and from which /t is gone:',
    ...steps.flatMap(({ sent }) => sent),
    ...describeAnswer('etcd answers', wanted),
    ...describeAnswer('the embedded server answers', got),
  ].join('\n')
}

function describeAnswer(who: string, answer: unknown): string[] {
  const text = inspect(answer, { depth: null, breakLength: 95, sorted: true })
  return [`// ${who}:`, ...text.split('\n').map((line) => `//   ${line}`)]
}
