// The keys that a request is about, as an interval of names.

import { keyName } from './key-name.ts'

/** The names from `from` up to, not including, `to`. */
export interface KeyRange {
  readonly from: string
  readonly to: string
  /** Whether there is but one key in it. */
  readonly single: boolean
}

/** Above every name: names have no unit beyond 0xff. */
const end = '\u0100'

/** All keys. */
export const everything: KeyRange = { from: '', to: end, single: false }

/** The range a request gives: no end is the key alone, the end `\0` is all from the key on. */
export function requestRange(key: Uint8Array, rangeEnd: Uint8Array): KeyRange {
  const from = keyName(key)
  if (rangeEnd.length === 0) return { from, to: `${from}\0`, single: true }
  return { from, to: isOpenEnd(rangeEnd) ? end : keyName(rangeEnd), single: false }
}

/** Whether a range with this end has none. */
export function isOpenEnd(rangeEnd: Uint8Array): boolean {
  return rangeEnd.length === 1 && rangeEnd[0] === 0
}

/** Whether a name is in a range. */
export function inRange(range: KeyRange, name: string): boolean {
  return range.from <= name && name < range.to
}
