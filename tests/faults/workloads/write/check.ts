// What must be true of writes: what they answered can have happened in one order, and etcd's history has each exactly as
// often as the answer says.

import { checkLinearizable } from '../../checker/linearizability.ts'
import { register, withoutTraceless } from '../../checker/register.ts'
import { type Change, shortened } from '../../history/describe.ts'
import type { Tally } from '../../round/tally.ts'
import type { Violations } from '../../round/violations.ts'
import { type CallRecord, operationsByKey } from './record.ts'

/** Where to tell what is found. */
export interface CheckReport {
  readonly violations: Violations
  readonly tally: Tally
}

/** Checks everything that is known of writes. */
export function checkWrites(
  records: readonly CallRecord[],
  changes: readonly Change[],
  report: CheckReport,
): void {
  checkOrder(records, report)
  checkApplied(records, changes, report)
  checkRevisions(records, report)
}

/** Each key's operations happened one at a time. */
export function checkOrder(records: readonly CallRecord[], report: CheckReport): void {
  for (const [key, operations] of operationsByKey(records)) {
    report.tally.add('histories')
    const verdict = checkLinearizable(register, withoutTraceless(operations))
    if (verdict.kind === 'undecided') report.tally.add('histories undecided')
    if (verdict.kind !== 'violation') continue
    const { blocking, explained } = verdict
    const lines = operations.map((operation) => JSON.stringify(operation)).join('\n')
    report.violations.add(
      'not-linearizable',
      `${key}: after ${explained} operations ${JSON.stringify(blocking)} fits nowhere:\n${lines}`,
    )
  }
}

/** Each value was written once if the answer was good, never if it was surely not applied, and else once at most. */
export function checkApplied(
  records: readonly CallRecord[],
  changes: readonly Change[],
  report: CheckReport,
): void {
  const puts = putsByValue(changes)
  const deletes = new Set(
    changes
      .filter(({ type }) => type === 'delete')
      .map(({ key, revision }) => `${revision} ${key}`),
  )
  for (const record of records) {
    const { input, keys } = record
    if (input.kind === 'get') continue
    report.tally.add('writes checked')
    if (input.kind === 'delete') {
      const isMissing = keys.some((key) => !deletes.has(`${record.revision} ${key}`))
      if (record.changed && isMissing) report.violations.add('lost-write', describe(record))
      continue
    }
    for (const key of keys) {
      const revisions = puts.get(valueKey(key, shortened(input.value))) ?? []
      const kind = verdictOf(record, revisions)
      if (kind) report.violations.add(kind, `${describe(record)}: in etcd at ${revisions}`)
    }
  }
}

function verdictOf(record: CallRecord, revisions: readonly number[]): string | undefined {
  if (revisions.length > 1) return 'doubled-write'
  const isThere = revisions.length === 1
  if (record.outcome === 'not-applied') return isThere ? 'false-not-applied' : undefined
  if (record.outcome === 'unknown') return undefined
  if (record.changed && !isThere) return 'lost-write'
  if (!record.changed && isThere) return 'false-refusal'
  return isThere && revisions[0] !== record.revision ? 'wrong-revision' : undefined
}

function putsByValue(changes: readonly Change[]): ReadonlyMap<string, number[]> {
  const puts = new Map<string, number[]>()
  for (const { type, key, revision, value } of changes) {
    if (type !== 'put') continue
    const name = valueKey(key, value ?? '')
    const revisions = puts.get(name) ?? []
    puts.set(name, revisions)
    revisions.push(revision)
  }
  return puts
}

function valueKey(key: string, value: string): string {
  return `${key} ${value}`
}

/** What was answered before a call began was done before it: the store's revision does not go back in anybody's sight. */
export function checkRevisions(records: readonly CallRecord[], report: CheckReport): void {
  const told = records.filter(({ outcome, revision }) => outcome === 'ok' && revision !== undefined)
  const moments = told
    .flatMap((record) => [
      { at: record.calledAt, record, isCall: true },
      { at: record.returnedAt, record, isCall: false },
    ])
    .toSorted((one, other) => one.at - other.at)
  let newest: CallRecord | undefined
  const newestAtCall = new Map<CallRecord, CallRecord | undefined>()
  for (const { record, isCall } of moments) {
    if (isCall) {
      newestAtCall.set(record, newest)
      continue
    }
    const before = newestAtCall.get(record)
    const revision = record.revision ?? 0
    if (before && revision < (before.revision ?? 0) + (record.changed ? 1 : 0)) {
      report.violations.add('back-in-time', `${describe(record)} after ${describe(before)}`)
    }
    if (revision > (newest?.revision ?? 0)) newest = record
  }
}

function describe({ what, outcome, revision, changed }: CallRecord): string {
  return `${what} (${outcome}${revision === undefined ? '' : ` at ${revision}`}, changed: ${changed})`
}
