// The conditions of a txn.

import {
  type Compare,
  CompareResult,
  CompareTarget,
  type KeyValue,
  KeyValue as KeyValueType,
} from '@etcdkit/protocol'
import { compareBytes, noBytes } from './key-name.ts'
import { requestRange } from './key-range.ts'
import type { Mvcc } from './mvcc.ts'

/** What a key that is not there is compared as. */
const absent: KeyValue = KeyValueType.create()

/** Whether a condition holds, for all keys of its range. */
export function holds({ index }: Mvcc, compare: Compare): boolean {
  const range = requestRange(compare.key, compare.rangeEnd)
  if (range.single) return holdsFor(compare, index.find(range.from)?.live?.kv)
  let result = true
  let found = false
  index.scan(range, ({ live }) => {
    if (live === undefined) return true
    found = true
    result = holdsFor(compare, live.kv)
    return result
  })
  return found ? result : holdsFor(compare, undefined)
}

function holdsFor(compare: Compare, kv: KeyValue | undefined): boolean {
  // No value equals that of a key that is not there, and none differs from it.
  if (kv === undefined && compare.target === CompareTarget.VALUE) return false
  const order = difference(compare, kv ?? absent)
  switch (compare.result) {
    case CompareResult.EQUAL:
      return order === 0
    case CompareResult.GREATER:
      return order > 0
    case CompareResult.LESS:
      return order < 0
    case CompareResult.NOT_EQUAL:
      return order !== 0
    default:
      return true
  }
}

/** Below, at or above 0 as the entry is below, at or above what is given; what is not given is 0 or empty. */
function difference(compare: Compare, kv: KeyValue): number {
  switch (compare.target) {
    case CompareTarget.VERSION:
      return kv.version - (compare.version ?? 0)
    case CompareTarget.CREATE:
      return kv.createRevision - (compare.createRevision ?? 0)
    case CompareTarget.MOD:
      return kv.modRevision - (compare.modRevision ?? 0)
    case CompareTarget.VALUE:
      return compareBytes(kv.value, compare.value ?? noBytes)
    case CompareTarget.LEASE:
      return compareDecimals(kv.lease, compare.lease ?? '0')
    default:
      return 0
  }
}

/** The order of two integers as decimal text, without leading zeros. */
function compareDecimals(a: string, b: string): number {
  const negative = a.startsWith('-')
  if (negative !== b.startsWith('-')) return negative ? -1 : 1
  const order = a.length - b.length || (a < b ? -1 : a > b ? 1 : 0)
  return negative ? -order : order
}
