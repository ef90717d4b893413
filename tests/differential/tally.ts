// Counts what was met, so that a test can tell whether anything of interest happened.

import type { KnownDifference } from './compare/known-differences.ts'
import type { Plain } from './play/plain.ts'
import type { PlayedStep } from './play/player.ts'

/** The counts. */
export class Tally {
  readonly #counts = new Map<string, number>()
  sequences = 0
  steps = 0

  /** Counts what a real etcd answered, and the known differences to that. */
  add(steps: readonly PlayedStep[], met: readonly KnownDifference[]): void {
    this.sequences += 1
    this.steps += steps.length
    for (const { name } of met) this.#count(`known difference: ${name}`)
    for (const { operation, answer } of steps) {
      const name = operation?.kind === 'call' ? operation.name : (operation?.kind ?? 'end')
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

/** What is worth counting in an answer: why it was refused, and what watches were sent. */
function describe(answer: Plain): string[] {
  if (typeof answer !== 'object' || Array.isArray(answer)) return [String(answer)]
  const names: string[] = []
  for (const [name, value] of Object.entries(answer)) {
    if (name === 'refused') names.push(describeRefusal(value))
    else if (name.startsWith('stream ')) names.push(...describeReceived(name, value))
    else if (name === 'cancelReason') names.push(String(value))
  }
  return names.length === 0 ? ['answered'] : names
}

function describeRefusal(refusal: Plain): string {
  if (typeof refusal !== 'object') return String(refusal)
  const { code, message } = Object.fromEntries(Object.entries(refusal))
  return String(code ?? message)
}

function describeReceived(name: string, responses: Plain): string[] {
  if (name.endsWith('progress')) return ['progress']
  return Array.isArray(responses)
    ? responses.map((each) => ('canceled' in each ? 'watch ended by the server' : 'events'))
    : []
}
