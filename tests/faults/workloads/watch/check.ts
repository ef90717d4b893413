// What must be true of a watch: it told every change of its keys from its start on, once, in order, as it was.

import type { Change } from '../../history/describe.ts'
import { isTold, type WatchPlan } from './plan.ts'

/** How far a watch said that it had told everything. */
export interface ProgressMark {
  /** How many changes it had told by then. */
  readonly told: number
  readonly revision: number
}

/** What one watch told, from its beginning to its end. */
export interface WatchRecord {
  /** The first revision it must tell of. */
  readonly from: number
  readonly told: readonly Change[]
  readonly marks: readonly ProgressMark[]
  /** The last revision it must have told of; undefined for one that was ended at some moment. */
  readonly to: number | undefined
}

/** What went wrong with a watch. */
export interface WatchFault {
  readonly kind: 'lost-event' | 'doubled-event' | 'wrong-event' | 'false-progress'
  readonly details: string
}

/** What was, and what etcd has forgotten of it. */
export interface KnownHistory {
  readonly changes: readonly Change[]
  readonly compactions: readonly number[]
  /**
   * Whether a delete at the very revision of a compaction may be forgotten with it, and a watch from there never hear of
   * it: so before etcd 3.4.36 and 3.5.18 (issue 19179).
   */
  readonly losesTombstones: boolean
}

/** The first thing that is wrong with a watch, or undefined. */
export function findWatchFault(
  plan: WatchPlan,
  record: WatchRecord,
  history: KnownHistory,
): WatchFault | undefined {
  const compacted = history.compactions.at(-1) ?? 0
  const expected = expectedOf(plan, record, history)
  const wrong = findDifference(plan, record.told, expected, compacted)
  if (wrong) return wrong
  const missing = expected[record.told.length]
  if (missing && record.to !== undefined && missing.revision <= record.to) {
    return { kind: 'lost-event', details: `it ended without ${missing.text}` }
  }
  for (const mark of record.marks) {
    const next = expected[mark.told]
    if (next && next.revision <= mark.revision) {
      const details = `it said that all was told up to ${mark.revision} before ${next.text}`
      return { kind: 'false-progress', details }
    }
  }
  return undefined
}

function expectedOf(
  plan: WatchPlan,
  { from, told }: WatchRecord,
  { changes, compactions, losesTombstones }: KnownHistory,
): Change[] {
  const expected = changes.filter((change) => change.revision >= from && isTold(plan, change))
  if (!losesTombstones) return expected
  const heard = new Set(told.map(({ text }) => text))
  return expected.filter(
    ({ type, revision, text }) =>
      type === 'put' || !compactions.includes(revision) || heard.has(text),
  )
}

function findDifference(
  plan: WatchPlan,
  told: readonly Change[],
  expected: readonly Change[],
  compacted: number,
): WatchFault | undefined {
  for (const [index, change] of told.entries()) {
    const wanted = expected[index]
    if (wanted?.text === change.text && hasPrevious(plan, change, wanted, compacted)) continue
    const details = `event ${index} is ${show(change)} in the place of ${wanted ? show(wanted) : 'none'}`
    return { kind: kindOf(told, index, expected), details }
  }
  return undefined
}

function kindOf(
  told: readonly Change[],
  index: number,
  expected: readonly Change[],
): WatchFault['kind'] {
  const text = told[index]?.text
  if (told.slice(0, index).some((earlier) => earlier.text === text)) return 'doubled-event'
  return expected.slice(index + 1).some((later) => later.text === text)
    ? 'lost-event'
    : 'wrong-event'
}

/** The entry before a change is told where it was asked for, unless it is forgotten. */
function hasPrevious(
  plan: WatchPlan,
  { previous }: Change,
  wanted: Change,
  compacted: number,
): boolean {
  if (!plan.previous) return previous === undefined
  if (previous === wanted.previous) return true
  return previous === undefined && wanted.revision - 1 <= compacted
}

function show({ text, previous }: Change): string {
  return previous === undefined ? text : `${text}, before: ${previous}`
}
