// Keys, ranges, values, leases and revisions: few of each, so that operations meet.

import { encodeUtf8 } from '@etcdkit/protocol'
import fc from 'fast-check'
import type { Moment } from '../operation.ts'

/** One value most of the time, another now and then. */
export function mostly<A, B>(
  usual: fc.Arbitrary<A>,
  other: fc.Arbitrary<B>,
  once = 8,
): fc.Arbitrary<A | B> {
  return fc.oneof({ arbitrary: usual, weight: once - 1 }, { arbitrary: other, weight: 1 })
}

/** A field that is left out more often than not: two times in three unless told otherwise. */
export function optional<T>(value: fc.Arbitrary<T>, once = 3): fc.Arbitrary<T | undefined> {
  return mostly(fc.constant(undefined), value, once)
}

/** A flag that is seldom set: in one of three unless told otherwise. */
export function flag(once = 3): fc.Arbitrary<true | undefined> {
  return optional(fc.constant(true as const), once)
}

const noBytes = new Uint8Array(0)
const usualKeys = ['a', 'b', 'c', 'd', 'ab'].map(encodeUtf8)
const oddKeys = [Uint8Array.of(0), Uint8Array.of(0x61, 0), Uint8Array.of(0xff), encodeUtf8('zz')]

/** A key that is one. */
export const anyKey: fc.Arbitrary<Uint8Array> = mostly(
  fc.constantFrom(...usualKeys),
  fc.constantFrom(...oddKeys),
)

/** A key, on a rare occasion the one that is missing. */
export const maybeKey: fc.Arbitrary<Uint8Array> = mostly(anyKey, fc.constant(noBytes), 100)

/** What a request is about. */
export interface AnyRange {
  readonly key: Uint8Array
  readonly rangeEnd: Uint8Array | undefined
}

const openEnd = Uint8Array.of(0)
const everything: AnyRange = { key: openEnd, rangeEnd: openEnd }

const ends = [...usualKeys, encodeUtf8('e')]
const unordered = fc.record<AnyRange>({ key: maybeKey, rangeEnd: fc.constantFrom(...ends) })
const ordered = fc.shuffledSubarray(ends, { minLength: 2, maxLength: 2 }).map((pair): AnyRange => {
  const [key = noBytes, rangeEnd] = pair.toSorted(Buffer.compare)
  return { key, rangeEnd }
})
const between = mostly(ordered, unordered, 5)

/** A range: of the usual kinds, at times with its end before its start. */
export const manyKeys: fc.Arbitrary<AnyRange> = fc.oneof(
  { arbitrary: between, weight: 4 },
  { arbitrary: fc.record<AnyRange>({ key: maybeKey, rangeEnd: fc.constant(openEnd) }), weight: 2 },
  { arbitrary: fc.constant(everything), weight: 2 },
)

/** A key or a range. */
export const anyRange: fc.Arbitrary<AnyRange> = fc.oneof(
  fc.record<AnyRange>({ key: maybeKey, rangeEnd: fc.constant(undefined) }),
  manyKeys,
)

/** A short value, the empty one among them. */
export const anyValue: fc.Arbitrary<Uint8Array> = fc
  .constantFrom('1', '2', '3', '', 'longer')
  .map(encodeUtf8)

/** The leases that sequences grant, by ids of every kind. */
export const leaseIds: readonly string[] = ['1', '2', '-7', '9223372036854775807']

/** A lease that is granted at times, the first more often than others. */
export const grantedLease: fc.Arbitrary<string> = mostly(
  fc.constant('1'),
  fc.constantFrom(...leaseIds),
  3,
)

/** A lease that may have been granted, or one that nobody grants. */
export const anyLease: fc.Arbitrary<string> = mostly(grantedLease, fc.constantFrom('404', '0'), 12)

function moment(from: Moment['from'], min: number, max: number): fc.Arbitrary<Moment> {
  return fc.integer({ min, max }).map((offset) => ({ from, offset }))
}

/** A revision of the sequence, most of them there by the time it is asked for. */
export const pastRevision: fc.Arbitrary<Moment> = fc.oneof(
  moment('now', -5, 0),
  moment('base', 0, 12),
)

/** One of the last few revisions. */
export const recentRevision: fc.Arbitrary<Moment> = moment('now', -3, 0)

/** A revision that was never in the sequence's own past: to come, before its start, or none. */
export const oddRevision: fc.Arbitrary<number | Moment> = fc.oneof(
  moment('now', 1, 3),
  fc.constantFrom(-1, 1),
  moment('base', -2, -1),
)

/** A revision to read at, or to compact. */
export const anyRevision: fc.Arbitrary<number | Moment> = mostly(pastRevision, oddRevision, 6)
