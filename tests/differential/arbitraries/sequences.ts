// Sequences: mostly writes and reads, leases and watches among them.

import type {
  HashKVRequest,
  LeaseGrantRequest,
  LeaseRevokeRequest,
  LeaseTimeToLiveRequest,
  WatchCreateRequest,
} from '@etcdkit/protocol'
import fc from 'fast-check'
import type { Operation, Planned } from '../operation.ts'
import {
  anyLease,
  anyRange,
  flag,
  grantedLease,
  manyKeys,
  mostly,
  oddRevision,
  optional,
  pastRevision,
} from './basics.ts'
import { anyCompaction, anyDeleteRange, anyPut, anyRangeRequest } from './kv.ts'
import { anyTxn } from './txn.ts'

/** Ids of watches: 0 lets the server choose, the last is never given. */
const watchIds = [0, 0, 0, 0, 1, 2, 7, -1, -5] as const
const unknownWatchId = 99

const stream = mostly(fc.constant(0), fc.constant(1), 4)

const grant: fc.Arbitrary<Planned<LeaseGrantRequest>> = fc.record({
  ID: mostly(grantedLease, fc.constant('0')),
  // Long, so that none ends within a sequence; those too short are raised, the last is too long.
  TTL: mostly(fc.constantFrom(100, 200, 300), fc.constantFrom(0, -1, 9_000_000_000, 9_000_000_001)),
})

const revoke: fc.Arbitrary<Planned<LeaseRevokeRequest>> = fc.record({ ID: anyLease })

const timeToLive: fc.Arbitrary<Planned<LeaseTimeToLiveRequest>> = fc.record({
  ID: anyLease,
  keys: flag(2),
})

const hash: fc.Arbitrary<Planned<HashKVRequest>> = fc.record({
  revision: optional(mostly(pastRevision, oddRevision), 2),
})

const filters = fc.array(mostly(fc.constantFrom(0, 1), fc.constant(5), 20), {
  minLength: 1,
  maxLength: 2,
})

const watch: fc.Arbitrary<Planned<WatchCreateRequest>> = fc
  .tuple(
    fc.oneof(manyKeys, anyRange),
    fc.record({
      startRevision: optional(mostly(pastRevision, oddRevision, 3), 2),
      progressNotify: flag(8),
      filters: optional(filters, 5),
      prevKv: flag(2),
      watchId: fc.constantFrom(...watchIds).map((id) => (id === 0 ? undefined : id)),
      fragment: flag(8),
    }),
  )
  .map(([range, options]) => ({ ...range, ...options }))

const cancelled = mostly(fc.constantFrom(0, 0, 1, ...watchIds), fc.constant(unknownWatchId))

const granting = grant.map(
  (request): Operation => ({ kind: 'call', name: 'Lease.leaseGrant', request }),
)

/** Each operation, and how often it comes. */
const table: readonly { readonly weight: number; readonly arbitrary: fc.Arbitrary<Operation> }[] = [
  entry(24, anyPut, (request) => ({ kind: 'call', name: 'KV.put', request })),
  entry(16, anyRangeRequest, (request) => ({ kind: 'call', name: 'KV.range', request })),
  entry(8, anyDeleteRange, (request) => ({ kind: 'call', name: 'KV.deleteRange', request })),
  entry(20, anyTxn, (request) => ({ kind: 'call', name: 'KV.txn', request })),
  entry(5, anyCompaction, (request) => ({ kind: 'call', name: 'KV.compact', request })),
  entry(4, granting, (operation) => operation),
  entry(3, revoke, (request) => ({ kind: 'call', name: 'Lease.leaseRevoke', request })),
  entry(3, timeToLive, (request) => ({ kind: 'call', name: 'Lease.leaseTimeToLive', request })),
  entry(2, fc.constant({}), (request) => ({ kind: 'call', name: 'Lease.leaseLeases', request })),
  entry(3, hash, (request) => ({ kind: 'call', name: 'Maintenance.hashKV', request })),
  entry(2, anyLease, (id) => ({ kind: 'keep-alive', id })),
  entry(8, fc.tuple(stream, watch), ([to, request]) => ({ kind: 'watch', stream: to, request })),
  entry(3, fc.tuple(stream, cancelled), ([to, watchId]) => ({
    kind: 'cancel',
    stream: to,
    watchId,
  })),
  entry(2, stream, (to) => ({ kind: 'progress', stream: to })),
  entry(0.25, stream, (to) => ({ kind: 'half-close', stream: to })),
]

function entry<T>(
  weight: number,
  arbitrary: fc.Arbitrary<T>,
  operation: (value: T) => Operation,
): { readonly weight: number; readonly arbitrary: fc.Arbitrary<Operation> } {
  return { weight: weight * 4, arbitrary: arbitrary.map(operation) }
}

const body = fc.array(fc.oneof(...table), { minLength: 4, maxLength: 22, size: 'max' })

/** Everything that is asked of two servers. Leases first, so that later operations find some. */
export const sequences: fc.Arbitrary<Operation[]> = fc
  .tuple(fc.array(granting, { maxLength: 3, size: 'max' }), body)
  .map(([leases, rest]) => [...leases, ...rest])
