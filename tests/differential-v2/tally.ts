// Counts what was met, so that a test can tell whether anything of interest happened.

import type { KnownDifference } from './known-differences.ts'
import type { PlayedStep } from './player.ts'

/** The counts. */
export class Tally {
  readonly #counts = new Map<string, number>()
  sequences = 0
  steps = 0

  /** Counts what a real etcd answered, and the known difference to that. */
  add(steps: readonly PlayedStep[], met: KnownDifference | undefined): void {
    this.sequences += 1
    this.steps += steps.length
    if (met !== undefined) this.#count(`known difference: ${met.name}`)
    for (const { operation, answer } of steps) {
      const name = operation === undefined ? 'end' : nameOf(operation)
      for (const what of describe(answer)) this.#count(`${name}: ${what}`)
    }
  }

  /** How often something was met. */
  count(name: string): number {
    return this.#counts.get(name) ?? 0
  }

  /** Everything that was met, and how often. */
  lines(): string[] {
    return [...this.#counts].map(([name, count]) => `${name}: ${count}`).toSorted()
  }

  #count(name: string): void {
    this.#counts.set(name, this.count(name) + 1)
  }
}

function nameOf(operation: NonNullable<PlayedStep['operation']>): string {
  return 'method' in operation ? operation.method : operation.kind
}

/** What is worth counting in an answer: status, action and error, and the events of watches. */
function describe(answer: unknown): string[] {
  if (Array.isArray(answer)) return answer.flat().map((line) => `event ${actionOf(String(line))}`)
  if (typeof answer !== 'object' || answer === null || !('status' in answer)) return ['answered']
  const body = 'body' in answer ? String(answer.body) : ''
  return [[answer.status, actionOf(body)].filter((part) => part !== '').join(' ')]
}

function actionOf(body: string): string {
  return /^\{"(?:action|errorCode)":"?(\w+)/.exec(body)?.[1] ?? ''
}
