// The figures of a run, as text and as JSON.

import type { RoundPlan } from './round/plan.ts'
import { describeRound } from './round/plan.ts'
import type { RoundResult } from './round/round.ts'
import { Tally } from './round/tally.ts'
import type { Violation } from './round/violations.ts'

/** The figures of a run. */
export interface RunFigures {
  readonly seed: number
  readonly minutes: number
  readonly rounds: number
  /** Rounds by what they were played on: `etcd 3.5, TLS server`, … */
  readonly grounds: Record<string, number>
  /** Rounds that could not be played, for a reason that is not the client's. */
  readonly broken: readonly { readonly seed: number; readonly reason: string }[]
  readonly operations: Record<string, number>
  readonly outcomes: Record<string, number>
  readonly errors: Record<string, number>
  readonly faults: Record<string, number>
  /** Everything else that was counted. */
  readonly counts: Record<string, number>
  readonly violations: readonly (Violation & { readonly seed: number })[]
}

const groups = ['operations: ', 'outcomes: ', 'errors: ', 'faults: ', 'grounds: '] as const

/** Adds up rounds. */
export class RunReport {
  readonly #seed: number
  readonly #startedAt = performance.now()
  readonly #tally = new Tally()
  readonly #broken: { seed: number; reason: string }[] = []
  readonly #violations: (Violation & { seed: number })[] = []
  #rounds = 0

  constructor(seed: number) {
    this.#seed = seed
  }

  add({ plan, tally, violations }: RoundResult): void {
    this.#rounds++
    this.#tally.merge(tally)
    this.#tally.add(`grounds: ${groundOf(plan)}`)
    this.#violations.push(...violations.list.map((each) => ({ ...each, seed: plan.seed })))
  }

  addBroken(seed: number, reason: string): void {
    this.#broken.push({ seed, reason })
  }

  get violations(): number {
    return this.#violations.length
  }

  get rounds(): number {
    return this.#rounds
  }

  get broken(): number {
    return this.#broken.length
  }

  figures(): RunFigures {
    const tally = this.#tally
    const others = Object.entries(tally.of('')).filter(
      ([name]) => !groups.some((group) => name.startsWith(group)),
    )
    return {
      seed: this.#seed,
      minutes: Math.round((performance.now() - this.#startedAt) / 6000) / 10,
      rounds: this.#rounds,
      grounds: tally.of('grounds: '),
      broken: this.#broken,
      operations: tally.of('operations: '),
      outcomes: tally.of('outcomes: '),
      errors: tally.of('errors: '),
      faults: tally.of('faults: '),
      counts: Object.fromEntries(others),
      violations: this.#violations,
    }
  }
}

function groundOf({ server }: RoundPlan): string {
  if (server.kind === 'embedded') return `embedded (${server.door})`
  const { version, tls, auth, wire } = server.cluster
  return `etcd ${version} by ${wire}, TLS ${tls}, auth ${auth}`
}

/** One line about a round. */
export function roundLine(number: number, { plan, tally, violations, log }: RoundResult): string {
  const faults = [...log.counts.values()].reduce((sum, count) => sum + count, 0)
  const facts = [
    `${tally.sum('operations: ')} operations`,
    `${tally.get('outcomes: write unknown')} unknown`,
    `${tally.get('events checked')} events`,
    `${tally.get('leases granted')} leases`,
    `${faults} faults`,
    `${violations.count} violations`,
  ]
  return `round ${number} ${describeRound(plan)}: ${facts.join(', ')}`
}

/** The figures as a table for `docs/guarantees.md`. */
export function figuresTable(figures: RunFigures): string {
  const sum = (record: Record<string, number>): number =>
    Object.values(record).reduce((total, count) => total + count, 0)
  const list = (record: Record<string, number>): string =>
    Object.entries(record)
      .map(([name, count]) => `${name} ${count.toLocaleString('en')}`)
      .join(', ')
  const { counts } = figures
  const rows: [string, string][] = [
    ['seed', String(figures.seed)],
    ['minutes', String(figures.minutes)],
    ['rounds', `${figures.rounds}: ${list(figures.grounds)}`],
    ['rounds that could not be played', String(figures.broken.length)],
    ['operations', `${sum(figures.operations).toLocaleString('en')}: ${list(figures.operations)}`],
    ['outcomes', list(figures.outcomes)],
    ['errors', list(figures.errors)],
    ['faults', `${sum(figures.faults).toLocaleString('en')}: ${list(figures.faults)}`],
    [
      'histories checked',
      `${counts.histories ?? 0}, undecided ${counts['histories undecided'] ?? 0}`,
    ],
    ['also counted', list(counts)],
    ['violations', String(figures.violations.length)],
  ]
  const lines = rows.map(([name, value]) => `| ${name} | ${value} |`)
  return ['| | |', '| --- | --- |', ...lines].join('\n')
}
