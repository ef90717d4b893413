// Counts what sequences met, so that a test can tell whether anything of interest happened.

/** The counts of what a suite tells of its steps. */
export class Tally<Step> {
  readonly #describe: (step: Step) => readonly string[]
  readonly #counts = new Map<string, number>()
  sequences = 0
  steps = 0

  /** `describe` names what is worth counting in a step. */
  constructor(describe: (step: Step) => readonly string[]) {
    this.#describe = describe
  }

  /** Counts what a real etcd answered, and the known differences to that. */
  add(steps: readonly Step[], met: readonly { readonly name: string }[]): void {
    this.sequences += 1
    this.steps += steps.length
    for (const { name } of met) this.#count(`known difference: ${name}`)
    for (const name of steps.flatMap(this.#describe)) this.#count(name)
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
