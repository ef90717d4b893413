// Sequences about what an operator does: alarms, and what a cluster of one says of members and versions.

import { AlarmAction, type AlarmRequest, AlarmType } from '@etcdkit/protocol'
import fc from 'fast-check'
import type { Operation, Planned } from '../operation.ts'
import { anyLease, leaseIds, mostly } from './basics.ts'
import { anyCompaction, anyDeleteRange, anyPut, anyRangeRequest } from './kv.ts'
import { type Row, rowOf } from './rows.ts'
import { anyTxn, hasOpenDeletion } from './txn.ts'

/**
 * Alarms of one kind: of two that are on etcd 3.5 heeds the one raised last, main both. An action that there is not would
 * end etcd 3.5 itself (a nil pointer in `v3rpc/maintenance.go`, Alarm).
 */
function alarmsOf(kind: AlarmType): fc.Arbitrary<Planned<AlarmRequest>> {
  return fc.record({
    action: fc.constantFrom(AlarmAction.GET, AlarmAction.ACTIVATE, AlarmAction.DEACTIVATE),
    memberID: fc.constantFrom('0', '7'),
    alarm: mostly(fc.constant(kind), fc.constant(AlarmType.NONE), 4),
  })
}

/** None that can be added: a second voting member would stop a real cluster of one. */
const badUrls = fc.constantFrom<readonly string[]>(
  [],
  ['x'],
  ['http://a'],
  ['http://a:1/path'],
  ['http://a:port'],
  ['ftp://a:1'],
  ['http://a:1', 'a:2'],
)

/** Versions that no etcd can go back to: what those here can differs. */
const downgrade = fc.record({
  action: fc.constantFrom(0, 1, 2, 7),
  version: fc.constantFrom('', 'x', '1', 'v1.0.0', '1.0', '1.0.0', '01.0.3', '1.0.0-rc.1', '1..0'),
})

const nobody = fc.constant({ ID: '7' })
const putWithin = anyPut.map((requestPut) => ({
  success: [{ requestTxn: { success: [{ requestPut }] } }],
}))

const nothing = fc.constant({})

const table: readonly Row[] = [
  rowOf(4, 'Maintenance.status', nothing),
  rowOf(8, 'KV.put', anyPut),
  rowOf(4, 'KV.range', anyRangeRequest),
  rowOf(4, 'KV.deleteRange', anyDeleteRange),
  rowOf(
    8,
    'KV.txn',
    anyTxn.filter((txn) => !hasOpenDeletion(txn)),
  ),
  rowOf(4, 'KV.txn', putWithin),
  rowOf(2, 'KV.compact', anyCompaction),
  rowOf(
    4,
    'Lease.leaseGrant',
    fc.record({ ID: fc.constantFrom(...leaseIds), TTL: fc.constant(100) }),
  ),
  rowOf(
    2,
    'Lease.leaseRevoke',
    anyLease.map((ID) => ({ ID })),
  ),
  rowOf(1, 'Maintenance.hashKV', nothing),
  rowOf(1, 'Maintenance.defragment', nothing),
  rowOf(1, 'Maintenance.moveLeader', fc.constant({ targetID: '7' })),
  rowOf(5, 'Maintenance.downgrade', downgrade),
  rowOf(1, 'Cluster.memberList', fc.constantFrom({}, { linearizable: true })),
  rowOf(
    3,
    'Cluster.memberAdd',
    fc.tuple(badUrls, fc.boolean()).map(([peerURLs, isLearner]) => ({ peerURLs, isLearner })),
  ),
  rowOf(1, 'Cluster.memberRemove', nobody),
  rowOf(1, 'Cluster.memberPromote', nobody),
  rowOf(1, 'Cluster.memberUpdate', fc.constant({ ID: '7', peerURLs: ['http://a:1'] })),
]

function bodyWith(kind: AlarmType): fc.Arbitrary<Operation[]> {
  const alarms = rowOf(20, 'Maintenance.alarm', alarmsOf(kind))
  return fc.array(fc.oneof(alarms, ...table), { minLength: 6, maxLength: 25, size: 'max' })
}

/** All of it. */
export const upkeepSequences: fc.Arbitrary<Operation[]> = mostly(
  bodyWith(AlarmType.NOSPACE),
  bodyWith(AlarmType.CORRUPT),
  2,
)
