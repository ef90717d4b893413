// Txn: reference/server-v3.md, section 5.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Compare,
  CompareResult,
  CompareTarget,
  type MessageInit,
  type ResponseOp,
  type TxnResponse,
} from '@etcdkit/protocol'
import { bytes, op, refuses, shortEntry, type TxnRequestInit, World } from './world.ts'

/** Answers in short: what kind, and the revision of the header. */
function outline({ responses }: TxnResponse): string {
  return responses.map(outlineOf).join(' ')
}

function outlineOf(response: ResponseOp): string {
  const { responseRange, responsePut, responseDeleteRange, responseTxn } = response
  if (responseRange) return `range${responseRange.count}@${responseRange.header?.revision}`
  if (responsePut) return `put@${responsePut.header?.revision}`
  if (responseDeleteRange) {
    return `delete${responseDeleteRange.deleted}@${responseDeleteRange.header?.revision}`
  }
  return responseTxn ? `(${outline(responseTxn)})@${responseTxn.header?.revision}` : 'none'
}

const condition = { key: bytes('a') }

test('store.txn does one list or the other', () => {
  using world = new World()
  const request: TxnRequestInit = {
    compare: [{ key: bytes('a'), target: CompareTarget.VERSION, version: 0 }],
    success: [op.put('a', 'first')],
    failure: [op.put('a', 'again'), op.range('a')],
  }
  const first = world.txn(request)
  assert.deepEqual([first.succeeded, outline(first)], [true, 'put@2'])
  const second = world.txn(request)
  assert.deepEqual([second.succeeded, outline(second)], [false, 'put@3 range1@3'])
})

test('store.txn that asks nothing and does nothing succeeds', () => {
  using world = new World()
  const { header, ...rest } = world.txn({})
  assert.deepEqual(rest, { succeeded: true, responses: [] })
  assert.equal(header?.revision, 1)
})

test('store.txn has one revision, and inner headers tell from where on it counts', () => {
  using world = new World()
  world.put('x')
  const response = world.txn({
    success: [
      op.range('a'),
      op.delete('none'),
      op.txn({ success: [op.range('a'), op.put('a', '1'), op.range('a')] }),
      op.range('a', '', { revision: 2 }),
      op.delete('x'),
      op.put('b', '2'),
      op.delete('none'),
    ],
  })
  assert.equal(
    outline(response),
    'range0@2 delete0@2 (range0@2 put@3 range1@3)@0 range0@3 delete1@3 put@3 delete0@3',
  )
  assert.equal(response.header?.revision, 3)
  const header = { clusterId: '0', memberId: '0', revision: 2, raftTerm: 0 }
  assert.deepEqual(response.responses[0]?.responseRange?.header, header)
  const revisions = world.range('a', 'z').kvs.map(shortEntry)
  assert.deepEqual(revisions, ['a=1 3', 'b=2 3'])
})

test('store.txn answers with what was before, as its operations saw it', () => {
  using world = new World()
  world.put('a', '1')
  world.put('b', '1')
  const { responses } = world.txn({
    success: [op.put('a', '2', { prevKv: true }), op.delete('b', '', { prevKv: true })],
  })
  const [put, deleted] = responses
  assert.equal(put?.responsePut?.prevKv && shortEntry(put.responsePut.prevKv), 'a=1 2')
  assert.deepEqual(deleted?.responseDeleteRange?.prevKvs.map(shortEntry), ['b=1 3'])
})

test('store.txn decides all, nested ones too, before it does anything', () => {
  using world = new World()
  const response = world.txn({
    success: [
      op.put('a', '1'),
      op.txn({
        compare: [{ key: bytes('a'), target: CompareTarget.VERSION, version: 0 }],
        success: [op.put('b', 'a was not there')],
        failure: [op.put('b', 'a was there')],
      }),
    ],
  })
  assert.equal(response.responses[1]?.responseTxn?.succeeded, true)
  assert.deepEqual(world.contents(), ['a=1', 'b=a was not there'])
})

const { VERSION, CREATE, MOD, VALUE, LEASE } = CompareTarget
const { GREATER, LESS, NOT_EQUAL } = CompareResult

/** Of key a: created 2, changed 3, version 2, value m, lease 10. Keys b and c, of value x, without a lease. */
const comparisons: readonly [string, MessageInit<Compare>, boolean][] = [
  ['version =', { target: VERSION, version: 2 }, true],
  ['version <', { target: VERSION, result: LESS, version: 2 }, false],
  ['created =', { target: CREATE, createRevision: 2 }, true],
  ['created >', { target: CREATE, result: GREATER, createRevision: 1 }, true],
  ['changed =', { target: MOD, modRevision: 3 }, true],
  ['changed !=', { target: MOD, result: NOT_EQUAL, modRevision: 3 }, false],
  ['value =', { target: VALUE, value: bytes('m') }, true],
  ['value <', { target: VALUE, result: LESS, value: bytes('mm') }, true],
  ['value >', { target: VALUE, result: GREATER, value: bytes('l') }, true],
  ['value > \\xff', { target: VALUE, result: GREATER, value: bytes('\xff') }, false],
  ['lease =', { target: LEASE, lease: '10' }, true],
  ['lease < another of as many digits', { target: LEASE, result: LESS, lease: '11' }, true],
  ['lease > a shorter one', { target: LEASE, result: GREATER, lease: '9' }, true],
  ['lease > a negative one', { target: LEASE, result: GREATER, lease: '-99' }, true],
  ['no target value is 0', { target: VERSION, result: GREATER }, true],
  ['no target value is empty', { target: VALUE, result: GREATER }, true],
  [
    'the value of another target is none',
    { target: VERSION, result: GREATER, modRevision: 9 },
    true,
  ],
  ['an unknown target is equal', { target: 9, version: 7 }, true],
  ['an unknown result is true', { target: VERSION, result: 9, version: 7 }, true],
  ['absent: version 0', { key: bytes('none'), target: VERSION }, true],
  ['absent: created 0', { key: bytes('none'), target: CREATE }, true],
  ['absent: changed 0', { key: bytes('none'), target: MOD, result: LESS, modRevision: 1 }, true],
  ['absent: lease 0', { key: bytes('none'), target: LEASE }, true],
  ['absent: no value', { key: bytes('none'), target: VALUE }, false],
  [
    'absent: not even another',
    { key: bytes('none'), target: VALUE, result: NOT_EQUAL, value: bytes('x') },
    false,
  ],
  ['deleted is absent', { key: bytes('gone'), target: VERSION }, true],
  [
    'a range, all of it',
    { rangeEnd: bytes('d'), target: CREATE, result: GREATER, createRevision: 1 },
    true,
  ],
  [
    'a range, all but one',
    { rangeEnd: bytes('d'), target: CREATE, result: GREATER, createRevision: 2 },
    false,
  ],
  [
    'a range, all but the last',
    { rangeEnd: bytes('\0'), target: VERSION, result: NOT_EQUAL, version: 1 },
    false,
  ],
  ['an open range', { key: bytes('b'), rangeEnd: bytes('\0'), target: VERSION, version: 1 }, true],
  ['an empty range is absent', { key: bytes('x'), rangeEnd: bytes('z'), target: VERSION }, true],
  [
    'an empty range has no value',
    { key: bytes('x'), rangeEnd: bytes('z'), target: VALUE, result: NOT_EQUAL },
    false,
  ],
  [
    'a range upside down is absent',
    { key: bytes('c'), rangeEnd: bytes('a'), target: VERSION },
    true,
  ],
]

for (const [name, compare, expected] of comparisons) {
  test(`store.txn compares: ${name}`, () => {
    using world = new World()
    world.grant('10', 60)
    world.put('a', '1')
    world.put('a', 'm', { lease: '10' })
    world.put('b', 'x')
    world.put('gone')
    world.put('c', 'x')
    world.delete('gone')
    assert.equal(world.txn({ compare: [{ key: bytes('a'), ...compare }] }).succeeded, expected)
  })
}

test('store.txn compares leases below 0', () => {
  using world = new World()
  world.grant('-10', 60)
  world.put('a', '', { lease: '-10' })
  const isLessThan = (lease: string) =>
    world.txn({ compare: [{ ...condition, target: LEASE, result: LESS, lease }] }).succeeded
  assert.deepEqual(['-11', '-10', '-9', '0', '5'].map(isLessThan), [false, false, true, true, true])
})

test('store.txn needs all conditions', () => {
  using world = new World()
  const version = (number: number) => ({ ...condition, target: VERSION, version: number })
  assert.equal(world.txn({ compare: [version(0), version(0)] }).succeeded, true)
  assert.equal(world.txn({ compare: [version(0), version(1)] }).succeeded, false)
})

test('store.txn counts operations against the limit it was told', () => {
  using world = new World({ maxTxnOps: 2 })
  world.txn({ success: [op.put('a'), op.put('b')] })
  world.txn({ success: [op.txn({ success: [op.range('a')] })] })
  refuses('too-many-ops', () => world.txn({ success: [op.put('a'), op.put('b'), op.put('c')] }))
  refuses('too-many-ops', () => {
    world.txn({ success: [op.txn({ success: [op.range('a'), op.range('b')] })] })
  })
})

// Verified on 3.5.30: its check for duplicates lets these pass, and they are done in order.
test('store.txn may change a key twice where etcd lets it', () => {
  using world = new World()
  world.put('b', '0')
  const watch = world.watch()
  watch.create('\0', '\0', { prevKv: true })
  watch.take()
  const response = world.txn({ success: [op.delete('b'), op.put('c', '1'), op.delete('a', '\0')] })
  assert.equal(outline(response), 'delete1@3 put@3 delete1@3')
  world.txn({
    success: [op.txn({ success: [op.put('q', '1')] }), op.txn({ success: [op.delete('q')] })],
  })
  assert.deepEqual(watch.takeShort(), [
    '#0 @3 delete b 3 (was b=0 2), put c=1 3, delete c 3',
    '#0 @4 put q=1 4, delete q 4',
  ])
  assert.deepEqual(world.contents(), [])
  assert.equal(world.range('b', 'd', { revision: 3 }).count, 0)
  assert.equal(world.range('b', 'd', { revision: 2 }).count, 1)
  world.compact(3)
  const late = world.watch()
  late.create('\0', '\0', { startRevision: 3 })
  assert.deepEqual(late.takeShort(), [
    '#0 @4 created',
    '#0 @4 delete b 3, delete c 3, put q=1 4, delete q 4',
  ])
  world.compact(4)
  assert.equal(world.range('\0', '\0', { revision: 4 }).count, 0)
})

// Of this 3.5.30 learns only halfway: its process ends.
test('store.txn refuses to keep what it deleted itself', () => {
  using world = new World()
  world.put('a', '0')
  const kept = op.put('a', '', { ignoreValue: true })
  refuses('key-not-found', () => world.txn({ success: [op.delete('a', '\0'), kept] }))
  refuses('key-not-found', () => {
    world.txn({
      success: [op.txn({ success: [op.delete('\0', '\0')] }), op.txn({ success: [kept] })],
    })
  })
  world.txn({ success: [kept, op.delete('a', '\0')] })
  assert.equal(world.store.revision, 3)
})

test('store.txn attaches and detaches leases', () => {
  using world = new World()
  world.grant('7', 10)
  world.grant('8', 10)
  world.txn({ success: [op.put('a', '', { lease: '7' }), op.put('b', '', { lease: '8' })] })
  world.txn({ success: [op.put('a', '', { lease: '8' }), op.delete('b')] })
  assert.deepEqual(world.store.leaseKeys('7'), [])
  assert.deepEqual(world.store.leaseKeys('8'), [bytes('a')])
})
