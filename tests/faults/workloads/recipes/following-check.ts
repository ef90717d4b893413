// What must be true of followers: each state they show is one that was, each step comes in its place, and in the end
// they have what etcd has.

import type { Change } from '../../history/describe.ts'
import type { CheckReport } from './check.ts'
import { dataPrefix, isGood, liveKey } from './following-plan.ts'

/** What a cache showed at one moment. */
export interface CacheSample {
  readonly revision: number
  /** `key value modRevision`, in the order of keys. */
  readonly entries: readonly string[]
}

/** A change as a cache tells it: the revisions of what the key is and was. */
export interface FollowedChange {
  readonly key: string
  readonly current: number | undefined
  readonly previous: number | undefined
}

/** What a mirror handed to its sink. The changes are `revision key value`. */
export interface MirrorStep {
  readonly kind: 'replace' | 'apply'
  readonly changes: readonly string[]
  readonly revision: number
}

/** The range at each revision, by the history. */
class Replay {
  readonly #changes: readonly Change[]
  readonly #state = new Map<string, Change>()
  #next = 0

  constructor(changes: readonly Change[]) {
    this.#changes = changes.filter(({ key }) => key.startsWith(dataPrefix))
  }

  /** The changes up to a revision that were not asked for before, with the range as it is after them. */
  upTo(revision: number): {
    readonly passed: readonly Change[]
    readonly state: readonly Change[]
  } {
    const from = this.#next
    for (; this.#next < this.#changes.length; this.#next++) {
      const change = this.#changes[this.#next]
      if (change === undefined || change.revision > revision) break
      if (change.type === 'delete') this.#state.delete(change.key)
      else this.#state.set(change.key, change)
    }
    const state = [...this.#state.values()].sort((a, b) => (a.key < b.key ? -1 : 1))
    return { passed: this.#changes.slice(from, this.#next), state }
  }
}

/** Each sample is the range as it was at that revision. */
export function checkSamples(
  samples: readonly CacheSample[],
  changes: readonly Change[],
  { violations, tally }: CheckReport,
): void {
  const replay = new Replay(changes)
  let newest = 0
  for (const { revision, entries } of samples) {
    tally.add('cache samples checked')
    if (revision < newest) violations.add('cache-back-in-time', `${revision} after ${newest}`)
    newest = revision
    const expected = replay
      .upTo(revision)
      .state.map(({ key, value, revision }) => `${key} ${value} ${revision}`)
    if (entries.join() === expected.join()) continue
    violations.add('cache-differs', `at ${revision}: ${entries.join()}, not ${expected.join()}`)
  }
}

/** Of each key the changes follow one another, and each is one that was. */
export function checkCacheChanges(
  told: readonly FollowedChange[],
  changes: readonly Change[],
  { violations, tally }: CheckReport,
): void {
  const puts = new Set(
    changes.filter(({ type }) => type === 'put').map(({ key, revision }) => `${key} ${revision}`),
  )
  const last = new Map<string, number | undefined>()
  for (const { key, current, previous } of told) {
    tally.add('cache changes checked')
    const what = `${key}: ${previous} became ${current}`
    if (last.has(key) && last.get(key) !== previous) violations.add('cache-change-gap', what)
    if (current !== undefined && !puts.has(`${key} ${current}`)) {
      violations.add('cache-change-false', what)
    }
    if (current !== undefined && current <= (previous ?? 0)) {
      violations.add('cache-change-back', what)
    }
    last.set(key, current)
  }
}

/** The steps of a mirror are the history, revision by revision; a whole range is that of its revision. */
export function checkSteps(
  steps: readonly MirrorStep[],
  changes: readonly Change[],
  { violations, tally }: CheckReport,
): void {
  const replay = new Replay(changes)
  for (const { kind, changes: told, revision } of steps) {
    tally.add('mirrored steps checked')
    const { passed, state } = replay.upTo(revision)
    const expected = (kind === 'replace' ? state : passed).map(textOf)
    if (told.join() === expected.join()) continue
    violations.add('mirror-differs', `${kind} at ${revision}: ${told}, not ${expected.join()}`)
  }
}

/** The good values come in the order in which they were written. */
export function checkGoodValues(
  told: readonly string[],
  changes: readonly Change[],
  { violations, tally }: CheckReport,
): void {
  const written = goodValues(changes)
  let at = -1
  for (const value of told) {
    tally.add('live values checked')
    const found = written.indexOf(value, at + 1)
    if (found === -1) violations.add('live-differs', `${value} is not after ${written[at]}`)
    else at = found
  }
}

/** Every value that the live value takes, in order. */
export function goodValues(changes: readonly Change[]): string[] {
  return changes
    .filter(({ key, type, value }) => key === liveKey && type === 'put' && isGood(value ?? ''))
    .map(({ value }) => value ?? '')
}

/** The last revision that concerns followers, and the range there. */
export function finalState(changes: readonly Change[]): {
  readonly revision: number
  readonly state: readonly Change[]
} {
  const revision = changes.findLast(({ key }) => key.startsWith(dataPrefix))?.revision ?? 0
  return { revision, state: new Replay(changes).upTo(revision).state }
}

function textOf({ revision, key, type, value }: Change): string {
  return `${revision} ${key} ${type === 'delete' ? 'deleted' : value}`
}
