// Looks for a value that a check finds fault with, then for the shortest one.

import fc from 'fast-check'

/** How long to look for a shorter one. */
const shrinkMs = 45_000

/** How to look. */
export interface SearchOptions {
  readonly seed: number
  readonly runs: number
}

/** The fault that a check tells of. */
class FaultError extends Error {
  override readonly name: string = 'FaultError'
}

/**
 * Resolves with what `check` says of the shortest value found that it finds fault with; `undefined` if there is none.
 * Rejects when a check does, at once: what is no fault, such as a server that is gone, is nothing to shrink.
 */
export async function findCounterExample<T>(
  values: fc.Arbitrary<T>,
  check: (value: T) => Promise<string | undefined>,
  { seed, runs }: SearchOptions,
): Promise<string | undefined> {
  let deadline = Number.POSITIVE_INFINITY
  const property = fc.asyncProperty(values, async (value) => {
    // Shrinking ends when nothing shorter fails.
    if (performance.now() > deadline) return
    try {
      const fault = await check(value)
      if (fault !== undefined) throw new FaultError(fault)
    } catch (error) {
      const limitMs = error instanceof FaultError ? shrinkMs : 0
      deadline = Math.min(deadline, performance.now() + limitMs)
      throw error
    }
  })
  const outcome = await fc.check(property, { seed, numRuns: runs })
  if (!outcome.failed) return undefined
  const error = outcome.errorInstance
  if (!(error instanceof FaultError)) {
    throw new Error(`Cannot go on with seed ${seed}: ${error}`, { cause: error })
  }
  return `// seed ${seed}, run ${outcome.numRuns}, shrunk ${outcome.numShrinks} times\n${error.message}`
}
