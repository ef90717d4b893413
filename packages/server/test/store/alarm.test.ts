// Alarms and the quota: reference/server-v3.md, section 10.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AlarmAction, AlarmType } from '@etcdkit/protocol'
import { op, refuses, World } from './world.ts'

const { ACTIVATE, DEACTIVATE, GET } = AlarmAction
const { CORRUPT, NONE, NOSPACE } = AlarmType

function alarm(world: World, action: AlarmAction, kind: AlarmType, memberID = '1'): string[] {
  const { alarms } = world.store.alarm({ action, alarm: kind, memberID })
  return alarms.map((each) => `${each.memberID}:${each.alarm}`)
}

test('store.alarm lists, raises and disarms, and answers with what changed', () => {
  using world = new World()
  assert.deepEqual(alarm(world, ACTIVATE, NOSPACE), ['1:1'])
  assert.deepEqual(alarm(world, ACTIVATE, NOSPACE), ['1:1'])
  assert.deepEqual(alarm(world, ACTIVATE, NOSPACE, '0'), ['0:1'])
  assert.deepEqual(alarm(world, ACTIVATE, CORRUPT, '99'), ['99:2'])
  assert.deepEqual(alarm(world, ACTIVATE, NONE), [])
  assert.deepEqual(alarm(world, GET, NONE), ['1:1', '0:1', '99:2'])
  assert.deepEqual(alarm(world, GET, NOSPACE), ['1:1', '0:1'])
  assert.deepEqual(alarm(world, DEACTIVATE, NOSPACE), ['1:1'])
  assert.deepEqual(alarm(world, DEACTIVATE, NOSPACE), [])
  assert.deepEqual(alarm(world, DEACTIVATE, CORRUPT), [])
  assert.equal(world.store.alarms.length, 2)
  assert.equal(world.store.revision, 1)
})

test('NOSPACE stops what adds, and nothing else', () => {
  using world = new World()
  world.put('a')
  world.grant('7', 10)
  alarm(world, ACTIVATE, NOSPACE)
  refuses('no-space', () => world.put('a'))
  refuses('no-space', () => world.grant('8', 10))
  refuses('no-space', () => world.txn({ failure: [op.put('a')] }))
  refuses('no-space', () => world.txn({ failure: [op.txn({ failure: [op.put('a')] })] }))
  refuses('empty-key', () => world.put(''))
  refuses('empty-key', () => world.txn({ success: [op.put('')] }))
  world.range('a')
  world.txn({ success: [op.range('a'), op.delete('a')] })
  world.delete('a')
  world.compact(2)
  world.store.leaseRevoke({ ID: '7' })
  alarm(world, DEACTIVATE, NOSPACE)
  world.put('a')
})

test('CORRUPT stops all writes', () => {
  using world = new World()
  world.put('a')
  world.grant('7', 10)
  alarm(world, ACTIVATE, CORRUPT)
  refuses('corrupt-cluster', () => world.put('a'))
  refuses('corrupt-cluster', () => world.delete('a'))
  refuses('corrupt-cluster', () => world.compact(1))
  refuses('corrupt-cluster', () => world.grant('8', 10))
  refuses('corrupt-cluster', () => world.store.leaseRevoke({ ID: '7' }))
  refuses('corrupt-cluster', () => world.txn({ success: [op.delete('a')] }))
  refuses('corrupt-cluster', () => world.txn({ failure: [op.put('a')] }))
  world.range('a')
  world.txn({ success: [op.range('a')], failure: [op.range('a')] })
})

test('a put beyond the quota fails, and raises NOSPACE until that is disarmed', () => {
  const identity = { clusterId: '1', memberId: '42', raftTerm: 2 }
  using world = new World({ quotaBytes: 10_000, identity })
  const value = 'x'.repeat(1000)
  let count = 0
  for (; world.store.sizeBytes + 256 + 1 + 1000 < 10_000; count++) world.put('a', value)
  assert.equal(count, 9)
  refuses('no-space', () => world.put('a', value))
  assert.equal(world.store.revision, 1 + count)
  assert.deepEqual(world.store.alarms, [{ memberID: '42', alarm: NOSPACE }])
  world.compact(world.store.revision)
  world.store.defragment()
  refuses('no-space', () => world.put('a', 'small'))
  alarm(world, DEACTIVATE, NOSPACE, '42')
  world.put('a', value)
})

test('compaction alone does not bring a store below its quota: defragmentation does', () => {
  using world = new World({ quotaBytes: 3000 })
  world.put('a', 'x'.repeat(1000))
  world.put('a', 'x'.repeat(1000))
  world.compact(3)
  refuses('no-space', () => world.put('a', 'x'.repeat(1000)))
  world.store.defragment()
  alarm(world, DEACTIVATE, NOSPACE)
  world.put('a', 'x'.repeat(1000))
})

test('the quota counts the costlier branch of a txn, and leases, but not reads', () => {
  using world = new World({ quotaBytes: 600 })
  refuses('no-space', () =>
    world.txn({ failure: [op.put('a'), op.txn({ success: [op.put('b', 'x'.repeat(100))] })] }),
  )
  alarm(world, DEACTIVATE, NOSPACE)
  world.txn({ success: [op.put('a', 'x'.repeat(280))], failure: [op.put('b')] })
  refuses('no-space', () => world.put('c'))
  alarm(world, DEACTIVATE, NOSPACE)
  world.grant('7', 10)
  world.delete('a')
  assert.equal(world.store.sizeBytes, 410)
})

test('a negative quota is none', () => {
  using world = new World({ quotaBytes: -1 })
  world.put('a', 'x'.repeat(100_000))
})
