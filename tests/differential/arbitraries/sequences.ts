// Sequences: mostly writes and reads, leases and watches among them.

import type {
  HashKVRequest,
  LeaseGrantRequest,
  LeaseRevokeRequest,
  LeaseTimeToLiveRequest,
  WatchCreateRequest,
} from '@etcdkit/protocol'
import fc from 'fast-check'
import {
  type CallName,
  callOf,
  type Operation,
  type Planned,
  type RequestPlan,
} from '../operation.ts'
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
import { anyTxn, hasOpenDeletion } from './txn.ts'

/** Ids of watches: 0 lets the server choose, the last is never given. */
const watchIds = [0, 0, 0, 0, 1, 2, 7, -1, -5] as const
const unknownWatchId = 99

const stream = mostly(fc.constant(0), fc.constant(1), 4)

const grant: fc.Arbitrary<Planned<LeaseGrantRequest>> = fc.record({
  ID: mostly(grantedLease, fc.constant('0')),
  // Long, so that none ends within a sequence; those too short are raised, the last is too long.
  TTL: mostly(fc.constantFrom(100, 200, 300), fc.constantFrom(0, -1, 9_000_000_000, 9_000_000_001)),
})

const revoke: fc.Arbitrary<Planned<LeaseRevokeRequest>> = fc.record({
  ID: mostly(anyLease, fc.constant('1'), 2),
})

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

/** What a sequence is about. Operations that belong together then come together more often. */
type Theme = 'keys' | 'txns' | 'watches' | 'leases'

interface Row {
  readonly weights: Readonly<Record<Theme, number>>
  readonly arbitrary: fc.Arbitrary<Operation>
}

/** How often an operation comes: in sequences about keys, txns, watches and leases. */
function row<T>(
  [keys, txns, watches, leases]: readonly [number, number, number, number],
  arbitrary: fc.Arbitrary<T>,
  operation: (value: T) => Operation,
): Row {
  return { weights: { keys, txns, watches, leases }, arbitrary: arbitrary.map(operation) }
}

function call<N extends CallName>(name: N): (request: RequestPlan<N>) => Operation {
  return (request) => callOf(name, request)
}

const table: readonly Row[] = [
  row([90, 50, 80, 90], anyPut, call('KV.put')),
  row([90, 30, 10, 20], anyRangeRequest, call('KV.range')),
  row([30, 10, 25, 20], anyDeleteRange, call('KV.deleteRange')),
  row([20, 160, 50, 20], anyTxn, call('KV.txn')),
  row([30, 8, 20, 5], anyCompaction, call('KV.compact')),
  row([2, 5, 5, 50], grant, call('Lease.leaseGrant')),
  row([1, 2, 8, 30], revoke, call('Lease.leaseRevoke')),
  row([0, 0, 1, 30], timeToLive, call('Lease.leaseTimeToLive')),
  row([0, 0, 1, 20], fc.constant({}), call('Lease.leaseLeases')),
  row([15, 5, 2, 25], hash, call('Maintenance.hashKV')),
  row([0, 0, 1, 20], anyLease, (id) => ({ kind: 'keep-alive', id })),
  row([5, 8, 50, 20], fc.tuple(stream, watch), ([to, request]) => ({
    kind: 'watch',
    stream: to,
    request,
  })),
  row([0, 1, 30, 1], fc.tuple(stream, cancelled), ([to, watchId]) => ({
    kind: 'cancel',
    stream: to,
    watchId,
  })),
  row([0, 1, 12, 1], stream, (to) => ({ kind: 'progress', stream: to })),
  row([0, 0, 2, 0], stream, (to) => ({ kind: 'half-close', stream: to })),
]

function bodyAbout(theme: Theme): fc.Arbitrary<Operation[]> {
  const rows = table.map(({ weights, arbitrary }) => ({ weight: weights[theme], arbitrary }))
  return fc.array(fc.oneof(...rows), { minLength: 4, maxLength: 20, size: 'max' })
}

const granting = grant.map(call('Lease.leaseGrant'))
const putting = anyPut.map(call('KV.put'))

/** Of keys, leases and watches. Leases and keys first, so that later operations find some. */
export const dataSequences: fc.Arbitrary<Operation[]> = fc
  .tuple(
    fc.array(granting, { maxLength: 2, size: 'max' }),
    fc.array(putting, { maxLength: 5, size: 'max' }),
    fc.oneof(bodyAbout('keys'), bodyAbout('txns'), bodyAbout('watches'), bodyAbout('leases')),
  )
  .map((parts) => withoutHarm(parts.flat()))

/**
 * A compaction at the very revision of a transaction that deletes a key and puts it again ends etcd 3.5.30 at the next
 * read of the key, for good ("range failed to find revision pair", `server/mvcc/kvstore_txn.go`).
 */
function withoutHarm(operations: readonly Operation[]): Operation[] {
  const mayRewrite = operations.some(
    (operation) =>
      operation.kind === 'call' &&
      operation.name === 'KV.txn' &&
      hasOpenDeletion(operation.request),
  )
  return operations.filter(
    (operation) => !(mayRewrite && operation.kind === 'call' && operation.name === 'KV.compact'),
  )
}
