// What a txn is refused for, and what not: reference/server-v3.md, section 5.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EtcdErrorCode } from '@etcdkit/protocol'
import { bytes, op, refuses, type TxnRequestInit, World } from './world.ts'

function times(count: number, make: (index: number) => unknown): never[] {
  // Any list will do for a count: what is in it is made by the caller to fit.
  return Array.from({ length: count }, (_, index) => make(index)) as never[]
}

const condition = { key: bytes('a') }

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
