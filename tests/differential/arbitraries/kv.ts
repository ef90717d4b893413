// Requests of KV other than transactions.

import type {
  CompactionRequest,
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
} from '@etcdkit/protocol'
import fc from 'fast-check'
import type { Planned } from '../operation.ts'
import {
  type AnyRange,
  anyLease,
  anyRange,
  anyRevision,
  anyValue,
  flag,
  manyKeys,
  maybeKey,
  mostly,
  optional,
  pastRevision,
  recentRevision,
} from './basics.ts'

const noValue = fc.constant(undefined)

/** A put of `key`. */
export function putOf(key: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Planned<PutRequest>> {
  const plain = fc.record({ key, value: anyValue, lease: optional(anyLease), prevKv: flag() })
  const keeping = fc.record({
    key,
    value: mostly(noValue, anyValue),
    lease: mostly(noValue, anyLease, 4),
    prevKv: flag(),
    ignoreValue: flag(2),
    ignoreLease: flag(2),
  })
  return mostly<Planned<PutRequest>, Planned<PutRequest>>(plain, keeping, 9)
}

/** A put. */
export const anyPut: fc.Arbitrary<Planned<PutRequest>> = putOf(maybeKey)

function alone(key: Uint8Array): AnyRange {
  return { key, rangeEnd: undefined }
}

/** A deletion. */
export const anyDeleteRange: fc.Arbitrary<Planned<DeleteRangeRequest>> = fc
  .tuple(mostly(maybeKey.map(alone), anyRange, 3), flag(2))
  .map(([range, prevKv]) => ({ ...range, prevKv }))

// The last number stands for an order that etcd does not have. A target that it does not have ends etcd 3.5.30 itself
// (a nil pointer in `server/etcdserver/apply.go`, Range): none is given.
const sortOrder = mostly(fc.constantFrom(0, 1, 2), fc.constant(7), 40)
const sortTarget = fc.constantFrom(0, 1, 2, 3, 4)

const options = fc.record({
  limit: optional(mostly(fc.constantFrom(1, 2, 3), fc.constant(-1))),
  revision: optional(anyRevision),
  sortOrder: optional(sortOrder, 2),
  sortTarget: optional(sortTarget, 2),
  serializable: flag(8),
  keysOnly: flag(6),
  countOnly: flag(8),
})

// What a limit leaves depends on what is sorted first.
const sorted = fc.record({
  limit: fc.constantFrom(1, 2, 3),
  revision: optional(anyRevision, 6),
  sortOrder: fc.constantFrom(0, 1, 2),
  sortTarget: fc.constantFrom(1, 2, 3, 4),
})

const filters = fc.record({
  minModRevision: optional(pastRevision, 4),
  maxModRevision: optional(pastRevision, 4),
  minCreateRevision: optional(pastRevision, 4),
  maxCreateRevision: optional(pastRevision, 4),
})

/** A read. */
export const anyRangeRequest: fc.Arbitrary<Planned<RangeRequest>> = fc
  .tuple(mostly(manyKeys, anyRange, 4), mostly(options, sorted, 3), optional(filters))
  .map(([range, given, filtered]) => ({ ...range, ...given, ...filtered }))

/** A compaction. */
export const anyCompaction: fc.Arbitrary<Planned<CompactionRequest>> = fc.record({
  revision: fc.oneof(recentRevision, mostly(anyRevision, fc.constant(0), 10)),
  physical: flag(),
})
