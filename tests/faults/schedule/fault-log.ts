// What was done in a round, and when: shown when something is wrong, and counted in any case.

/** Lines, and counts by kind. */
export class FaultLog {
  readonly #startedAt = performance.now()
  readonly #lines: string[] = []
  readonly #counts = new Map<string, number>()
  readonly #tell: (line: string) => void

  /** `tell` is told of every line as it is noted. */
  constructor(tell: (line: string) => void = () => {}) {
    this.#tell = tell
  }

  /** A fault begins. */
  begin(kind: string, details: string): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1)
    this.note(`${kind} ${details}`)
  }

  /** Anything else worth a line. */
  note(line: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(3)
    const full = `${seconds.padStart(8)} s  ${line}`
    this.#lines.push(full)
    this.#tell(full)
  }

  /** How many faults there were of each kind. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts
  }

  get lines(): readonly string[] {
    return this.#lines
  }
}
