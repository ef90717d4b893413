// Counts by name, for the figures of a report.

/** Counters that come into being when they are first used. */
export class Tally {
  readonly #counts = new Map<string, number>()

  add(name: string, count = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count)
  }

  /** Adds what another one has counted. */
  merge(other: Tally): void {
    for (const [name, count] of other.#counts) this.add(name, count)
  }

  get(name: string): number {
    return this.#counts.get(name) ?? 0
  }

  /** The counts whose names begin with `prefix`, without it, the largest first. */
  of(prefix: string): Record<string, number> {
    const found = [...this.#counts].filter(([name]) => name.startsWith(prefix))
    found.sort(([, one], [, other]) => other - one)
    return Object.fromEntries(found.map(([name, count]) => [name.slice(prefix.length), count]))
  }

  /** The sum of the counts whose names begin with `prefix`. */
  sum(prefix: string): number {
    return Object.values(this.of(prefix)).reduce((sum, count) => sum + count, 0)
  }
}
