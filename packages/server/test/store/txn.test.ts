// Txn: reference/server-v3.md, section 5.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Compare,
  CompareResult,
  CompareTarget,
  type EtcdErrorCode,
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

function times(count: number, make: (index: number) => unknown): never[] {
  // Any list will do for a count: what is in it is made by the caller to fit.
  return Array.from({ length: count }, (_, index) => make(index)) as never[]
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

const refused: readonly [string, EtcdErrorCode, TxnRequestInit][] = [
  ['129 conditions', 'too-many-ops', { compare: times(129, () => condition) }],
  ['129 operations', 'too-many-ops', { success: times(129, (index) => op.put(`k${index}`)) }],
  ['129 operations not done', 'too-many-ops', { failure: times(129, () => op.range('a')) }],
  [
    'nested operations beyond what the outer ones left',
    'too-many-ops',
    {
      compare: times(127, () => condition),
      success: [op.txn({ success: [op.range('a'), op.range('a')] })],
    },
  ],
  ['a condition without a key', 'empty-key', { compare: [{}] }],
  ['a range without a key', 'empty-key', { failure: [op.range('')] }],
  ['a put without a key', 'empty-key', { failure: [op.put('')] }],
  ['a delete without a key', 'empty-key', { failure: [op.delete('')] }],
  ['a nested condition without a key', 'empty-key', { failure: [op.txn({ compare: [{}] })] }],
  ['an operation that is none', 'key-not-found', { failure: [{}] }],
  ['an unknown order', 'invalid-sort-option', { failure: [op.range('a', '', { sortOrder: 9 })] }],
  ['a value to ignore', 'value-provided', { failure: [op.put('a', '1', { ignoreValue: true })] }],
  [
    'a lease to ignore',
    'lease-provided',
    { failure: [op.put('a', '', { ignoreLease: true, lease: '7' })] },
  ],
  ['two puts of a key', 'duplicate-key', { success: [op.put('a'), op.put('a')] }],
  ['two puts of a key not done', 'duplicate-key', { failure: [op.put('a'), op.put('a')] }],
  ['a put and a delete', 'duplicate-key', { success: [op.put('a'), op.delete('a')] }],
  ['a delete and a put', 'duplicate-key', { success: [op.delete('a', 'c'), op.put('b')] }],
  [
    'a put and a nested one',
    'duplicate-key',
    { success: [op.put('a'), op.txn({ success: [op.put('a')] })] },
  ],
  [
    'a put and a nested delete',
    'duplicate-key',
    { success: [op.put('a'), op.txn({ failure: [op.delete('a')] })] },
  ],
  [
    'a delete and a nested put',
    'duplicate-key',
    { success: [op.txn({ failure: [op.put('a')] }), op.delete('a')] },
  ],
  [
    'two nested puts of a key',
    'duplicate-key',
    { success: [op.txn({ success: [op.put('a')] }), op.txn({ failure: [op.put('a')] })] },
  ],
  [
    'a nested put after a nested delete',
    'duplicate-key',
    { success: [op.txn({ success: [op.delete('a')] }), op.txn({ success: [op.put('a')] })] },
  ],
  [
    'two puts of a key, nested',
    'duplicate-key',
    { failure: [op.txn({ failure: [op.put('a'), op.put('a')] })] },
  ],
  [
    'an unknown lease',
    'lease-not-found',
    { success: [op.put('x'), op.put('y', '', { lease: '9' })] },
  ],
  [
    'a missing value to keep',
    'key-not-found',
    { success: [op.put('x'), op.put('y', '', { ignoreValue: true })] },
  ],
  [
    'a missing value to keep before an unknown lease',
    'key-not-found',
    { success: [op.put('y', '', { ignoreValue: true, lease: '9' })] },
  ],
  [
    'a revision to come',
    'future-revision',
    { success: [op.put('x'), op.range('x', '', { revision: 6 })] },
  ],
  [
    'its own revision',
    'future-revision',
    { success: [op.put('x'), op.range('x', '', { revision: 5 })] },
  ],
  [
    'a compacted revision',
    'compacted',
    { success: [op.put('x'), op.range('x', '', { revision: 2 })] },
  ],
  [
    'a negative revision',
    'compacted',
    { success: [op.put('x'), op.range('x', '', { revision: -1 })] },
  ],
  [
    'an unknown lease before a revision to come',
    'lease-not-found',
    { success: [op.range('x', '', { revision: 9 }), op.put('x', '', { lease: '9' })] },
  ],
  [
    'a nested operation, and the outer ones with it',
    'lease-not-found',
    { success: [op.put('x'), op.txn({ success: [op.put('y', '', { lease: '9' })] })] },
  ],
  ['too many operations before all else', 'too-many-ops', { compare: times(129, () => ({})) }],
  [
    'an empty key before a duplicate',
    'empty-key',
    { success: [op.put('a'), op.put('a')], failure: [op.put('')] },
  ],
]

for (const [name, code, request] of refused) {
  test(`store.txn refuses ${name}: ${code}`, () => {
    using world = new World()
    world.put('a', '0')
    world.put('b', '0')
    world.put('c', '0')
    world.compact(3)
    refuses(code, () => world.txn(request))
    assert.equal(world.store.revision, 4)
    assert.deepEqual(world.contents(), ['a=0', 'b=0', 'c=0'])
  })
}

const accepted: readonly [string, TxnRequestInit][] = [
  [
    '128 of each',
    { compare: times(128, () => condition), success: times(128, (index) => op.put(`k${index}`)) },
  ],
  [
    '127 and one nested',
    {
      success: [
        ...times(126, (index) => op.put(`k${index}`)),
        op.txn({ success: [op.range('a')] }),
      ],
    },
  ],
  ['two deletes of a key', { success: [op.delete('a'), op.delete('a', 'c')] }],
  ['a put in each branch', { success: [op.put('a')], failure: [op.put('a')] }],
  [
    'a put in each branch of a nested txn',
    { success: [op.txn({ success: [op.put('a')], failure: [op.put('a')] })] },
  ],
  [
    'a put or a delete',
    { success: [op.txn({ success: [op.put('a')], failure: [op.delete('a')] })] },
  ],
  ['a delete that ends before the put', { success: [op.delete('a', 'b'), op.put('b')] }],
  ['a range upside down around a put', { success: [op.delete('z', 'a'), op.put('b')] }],
  ['an unknown lease in the branch not taken', { failure: [op.put('x', '', { lease: '9' })] }],
  [
    'a revision to come in the branch not taken',
    { failure: [op.range('x', '', { revision: 99 })] },
  ],
  ['the newest revision', { success: [op.put('x'), op.range('x', '', { revision: 3 })] }],
  ['the revision -1 before any compaction', { success: [op.range('x', '', { revision: -1 })] }],
]

for (const [name, request] of accepted) {
  test(`store.txn accepts ${name}`, () => {
    using world = new World()
    world.put('a', '0')
    world.put('b', '0')
    world.txn(request)
  })
}

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
