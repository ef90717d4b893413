// The error table against what etcd is known to say.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type EtcdErrorCode,
  errorFromStatus,
  errorTable,
  type GrpcStatus,
  parseCancelReason,
  statusName,
  statusNumbers,
  statusOf,
} from '@etcdkit/protocol'

const statuses = Object.keys(statusNumbers) as GrpcStatus[]

test('errorFromStatus finds every message of the table, whatever the status says', () => {
  assert.equal(new Set(errorTable.map(({ message }) => message)).size, errorTable.length)
  for (const { message, status, code, applied } of errorTable) {
    for (const number of [statusNumbers[status], statusNumbers.unknown, statusNumbers.internal]) {
      assert.deepEqual(errorFromStatus(number, message), { code, applied, message })
    }
  }
})

test('the table has each message of rpctypes/error.go, and those seen beside it', () => {
  assert.equal(errorTable.length, 63 + 12)
  // A sample of each kind, written down independently.
  const facts: readonly [number, string, EtcdErrorCode, 'no' | 'maybe'][] = [
    [3, 'etcdserver: key is not provided', 'empty-key', 'no'],
    [3, 'etcdserver: key not found', 'key-not-found', 'no'],
    [11, 'etcdserver: mvcc: required revision has been compacted', 'compacted', 'no'],
    [11, 'etcdserver: mvcc: required revision is a future revision', 'future-revision', 'no'],
    [8, 'etcdserver: mvcc: database space exceeded', 'no-space', 'maybe'],
    [5, 'etcdserver: requested lease not found', 'lease-not-found', 'no'],
    [9, 'etcdserver: lease already exists', 'lease-exists', 'no'],
    [7, 'etcdserver: permission denied', 'permission-denied', 'no'],
    [2, 'auth: permission denied', 'permission-denied', 'no'],
    [16, 'etcdserver: invalid auth token', 'invalid-auth-token', 'no'],
    [3, 'etcdserver: revision of auth store is old', 'auth-old-revision', 'no'],
    [14, 'etcdserver: no leader', 'no-leader', 'no'],
    [14, 'etcdserver: leader changed', 'leader-changed', 'maybe'],
    [14, 'etcdserver: server stopped', 'server-stopped', 'maybe'],
    [14, 'etcdserver: request timed out', 'timeout', 'maybe'],
    [14, 'etcdserver: request timed out, possibly due to connection lost', 'timeout', 'maybe'],
    [2, 'etcdserver: request timed out, leader transfer took too long', 'timeout', 'maybe'],
    [14, 'etcdserver: unhealthy cluster', 'unhealthy-cluster', 'maybe'],
    [1, 'etcdserver: request canceled', 'canceled', 'maybe'],
    [4, 'etcdserver: context deadline exceeded', 'deadline-exceeded', 'maybe'],
    [2, 'etcdserver: too many requests', 'too-many-requests', 'no'],
    [2, 'election: no leader', 'election-no-leader', 'no'],
    [2, '"leader" field must be provided', 'election-leader-missing', 'no'],
  ]
  for (const [status, message, code, applied] of facts) {
    assert.deepEqual(errorFromStatus(status, message), { code, applied, message })
  }
})

test('errorFromStatus knows messages with something of the moment in them', () => {
  const facts: readonly [number, string, EtcdErrorCode, 'no' | 'maybe'][] = [
    [8, 'grpc: received message larger than max (2200000 vs. 2097152)', 'request-too-large', 'no'],
    [
      8,
      'grpc: received message after decompression larger than max (3 vs. 2)',
      'request-too-large',
      'no',
    ],
    [8, 'grpc: trying to send message larger than max (9 vs. 8)', 'message-too-large', 'maybe'],
    [12, 'unknown method RangeStream for service etcdserverpb.KV', 'unimplemented', 'no'],
    [12, 'unknown service etcdserverpb.Nothing', 'unimplemented', 'no'],
    [12, 'RangeStream does not support custom sort orders', 'unimplemented', 'no'],
    [12, 'RangeStream does not support revision filters', 'unimplemented', 'no'],
  ]
  for (const [status, message, code, applied] of facts) {
    assert.deepEqual(errorFromStatus(status, message), { code, applied, message })
  }
})

test('errorFromStatus falls back on the status', () => {
  const definite = [
    'invalid-argument',
    'not-found',
    'already-exists',
    'permission-denied',
    'failed-precondition',
    'out-of-range',
    'unimplemented',
    'unauthenticated',
  ]
  for (const status of statuses) {
    assert.deepEqual(errorFromStatus(statusNumbers[status], 'something new'), {
      code: status,
      applied: definite.includes(status) ? 'no' : 'maybe',
      message: 'something new',
    })
  }
  for (const number of [0, 17, 99, -1, Number.NaN]) {
    assert.equal(errorFromStatus(number, '').code, 'unknown')
  }
})

test('errorFromStatus looks through what Go wraps around an error', () => {
  assert.deepEqual(
    errorFromStatus(2, 'rpc error: code = NotFound desc = etcdserver: requested lease not found'),
    { code: 'lease-not-found', applied: 'no', message: 'etcdserver: requested lease not found' },
  )
  assert.deepEqual(errorFromStatus(2, 'rpc error: code = DeadlineExceeded desc = too slow'), {
    code: 'deadline-exceeded',
    applied: 'maybe',
    message: 'too slow',
  })
})

test('parseCancelReason tells why a watch ended', () => {
  const facts: readonly [string, EtcdErrorCode][] = [
    ['etcdserver: mvcc: required revision has been compacted', 'compacted'],
    ['mvcc: duplicate watch ID provided on the WatchStream', 'duplicate-watch-id'],
    ['mvcc: watcher range is empty', 'empty-watch-range'],
    [
      'rpc error: code = PermissionDenied desc = etcdserver: permission denied',
      'permission-denied',
    ],
    ['rpc error: code = InvalidArgument desc = etcdserver: user name is empty', 'user-empty'],
    [
      'rpc error: code = Unauthenticated desc = etcdserver: invalid auth token',
      'invalid-auth-token',
    ],
    [
      'rpc error: code = InvalidArgument desc = etcdserver: revision of auth store is old',
      'auth-old-revision',
    ],
    ['rpc error: code = Unavailable desc = never heard of', 'unavailable'],
    ['rpc error: code = Nonsense desc = never heard of', 'unknown'],
    ['', 'watch-canceled'],
    ['never heard of', 'watch-canceled'],
  ]
  for (const [reason, code] of facts) assert.equal(parseCancelReason(reason).code, code, reason)
  assert.equal(
    parseCancelReason('rpc error: code = PermissionDenied desc = etcdserver: permission denied')
      .message,
    'etcdserver: permission denied',
  )
})

test('statusOf says what errorFromStatus understands', () => {
  for (const { code } of errorTable) {
    const { status, message } = statusOf(code)
    assert.equal(errorFromStatus(status, message).code, code)
  }
  for (const code of statuses) {
    const { status, message } = statusOf(code)
    assert.equal(errorFromStatus(status, message).code, code)
  }
  assert.deepEqual(statusOf('lease-not-found'), {
    status: 5,
    message: 'etcdserver: requested lease not found',
  })
  assert.deepEqual(statusOf('timeout'), { status: 14, message: 'etcdserver: request timed out' })
  assert.deepEqual(statusOf('internal'), { status: 13, message: 'internal' })
  assert.deepEqual(statusOf('tcp-failed'), { status: 14, message: 'tcp failed' })
})

test('statusName and statusNumbers are gRPC’s', () => {
  assert.deepEqual(
    statuses.map((status) => statusNumbers[status]),
    Array.from({ length: 16 }, (_, index) => index + 1),
  )
  for (const status of statuses) assert.equal(statusName(statusNumbers[status]), status)
  assert.equal(statusName(7), 'permission-denied')
  assert.equal(statusName(16), 'unauthenticated')
})
