// What must be true of holders, by etcd's own history: whoever wrote under its fence had its turn at that revision.

import type { Change } from '../../history/describe.ts'
import type { Tally } from '../../round/tally.ts'
import type { Violations } from '../../round/violations.ts'
import { blockersOf, type Place, type Primitive } from './primitives.ts'

/** Where to tell what is found. */
export interface CheckReport {
  readonly violations: Violations
  readonly tally: Tally
}

/** What the client said was held. */
export interface Claim extends Place {
  readonly holder: string
}

/** The value under which a holder writes: its fence, and a number. */
export function fencedValue(fence: number, count: number): string {
  return `${fence} ${count}`
}

/** Checks every write of every holder, and that every claim is of a key that came into being at its fence. */
export function checkHolders(
  primitive: Primitive,
  { changes, claims }: { readonly changes: readonly Change[]; readonly claims: readonly Claim[] },
  report: CheckReport,
): void {
  const replay = new Replay(primitive, report)
  for (const change of changes) replay.take(change)
  for (const { holder, key, fence } of claims) {
    report.tally.add('tenures checked')
    if (replay.entered.has(`${fence} ${key}`)) continue
    report.violations.add('false-fence', `${holder} held ${key} since ${fence}: not in the history`)
  }
}

/** The queue as it was at each revision. */
class Replay {
  /** Every key that ever was, with the revision of its making. */
  readonly entered = new Set<string>()
  readonly #primitive: Primitive
  readonly #report: CheckReport
  readonly #living = new Map<string, Place>()

  constructor(primitive: Primitive, report: CheckReport) {
    this.#primitive = primitive
    this.#report = report
  }

  take(change: Change): void {
    const { queue, written } = this.#primitive
    if (change.key === written && change.type === 'put') this.#write(change)
    else if (change.key.startsWith(queue)) this.#queue(change)
  }

  #queue({ key, type, revision, text }: Change): void {
    if (type === 'delete') {
      this.#living.delete(key)
      return
    }
    const place = this.#living.get(key)
    if (place === undefined) {
      this.#living.set(key, { key, fence: revision })
      this.entered.add(`${revision} ${key}`)
    } else if (this.#primitive.name === 'election') {
      this.#judge(place, text)
    } else {
      this.#report.violations.add('doubled-entry', text)
    }
  }

  #write({ value, text }: Change): void {
    const fence = Number.parseInt(value ?? '', 10)
    const place = [...this.#living.values()].find((each) => each.fence === fence)
    if (place === undefined) this.#report.violations.add('write-without-key', text)
    else this.#judge(place, text)
  }

  #judge(place: Place, text: string): void {
    const { violations, tally } = this.#report
    tally.add('holders’ writes checked')
    const older = blockersOf(this.#primitive, place, this.#living.values())
    if (older.length < this.#primitive.among) return
    const names = older.map(({ key, fence }) => `${key} since ${fence}`).join(', ')
    violations.add('two-holders', `${text} by ${place.key} since ${place.fence}, before: ${names}`)
  }
}
