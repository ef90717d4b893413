// Put, and how revisions and versions count: reference/server-v3.md, sections 1 and 2.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EtcdErrorCode, type MessageInit, PutRequest } from '@etcdkit/protocol'
import { bytes, op, refuses, shortEntry, text, World } from './world.ts'

test('store.put counts revisions from 2, and versions from the creation of the key', () => {
  using world = new World()
  assert.equal(world.store.revision, 1)
  assert.equal(world.put('a', '1').header?.revision, 2)
  world.put('a', '1')
  world.put('b', '2')
  const [a, b] = world.range('a', 'c').kvs
  assert.deepEqual(
    [a, b],
    [
      {
        key: bytes('a'),
        value: bytes('1'),
        createRevision: 2,
        modRevision: 3,
        version: 2,
        lease: '0',
      },
      {
        key: bytes('b'),
        value: bytes('2'),
        createRevision: 4,
        modRevision: 4,
        version: 1,
        lease: '0',
      },
    ],
  )
  world.delete('a')
  world.put('a', '3')
  const again = world.range('a').kvs[0]
  assert.deepEqual([again?.createRevision, again?.modRevision, again?.version], [6, 6, 1])
})

test('store answers with the header it was told to', () => {
  const identity = {
    clusterId: '14841639068965178418',
    memberId: '10276657743932975437',
    raftTerm: 7,
  }
  using world = new World({ identity })
  const header = { ...identity, revision: 2 }
  assert.deepEqual(world.put('a').header, header)
  assert.deepEqual(world.range('a').header, header)
  assert.deepEqual(world.store.header(), header)
})

test('store leaves the revision alone where nothing changes', () => {
  using world = new World()
  world.put('a')
  world.delete('b')
  world.txn({ success: [op.delete('b'), op.range('a')] })
  world.grant('7', 10)
  world.store.leaseRevoke({ ID: '7' })
  world.store.alarm({ action: 0, memberID: '0', alarm: 0 })
  world.compact(1)
  assert.equal(world.store.revision, 2)
})

const refused: readonly [string, EtcdErrorCode, MessageInit<PutRequest>][] = [
  ['an empty key', 'empty-key', { value: bytes('1') }],
  [
    'a value to ignore',
    'value-provided',
    { key: bytes('a'), value: bytes('1'), ignoreValue: true },
  ],
  ['a lease to ignore', 'lease-provided', { key: bytes('a'), lease: '9', ignoreLease: true }],
  ['a value to keep of no key', 'key-not-found', { key: bytes('none'), ignoreValue: true }],
  ['a lease to keep of no key', 'key-not-found', { key: bytes('none'), ignoreLease: true }],
  ['an unknown lease', 'lease-not-found', { key: bytes('a'), lease: '9' }],
  [
    'an unknown lease before a missing key',
    'lease-not-found',
    { key: bytes('none'), ignoreValue: true, lease: '9' },
  ],
  [
    'an empty key before all else',
    'empty-key',
    { value: bytes('1'), ignoreValue: true, lease: '9' },
  ],
]

for (const [name, code, request] of refused) {
  test(`store.put refuses ${name}: ${code}`, () => {
    using world = new World()
    world.put('a', '0')
    refuses(code, () => world.store.put(PutRequest.create(request)))
    assert.equal(world.store.revision, 2)
    assert.deepEqual(world.contents(), ['a=0'])
  })
}

test('store.put refuses to keep the value of a deleted key', () => {
  using world = new World()
  world.put('a', '0')
  world.delete('a')
  refuses('key-not-found', () => world.put('a', '', { ignoreValue: true }))
})

test('store.put keeps the value, or the lease, when told to', () => {
  using world = new World()
  world.grant('7', 10)
  world.grant('8', 10)
  world.put('a', '1', { lease: '7' })
  world.put('a', '', { ignoreValue: true, lease: '8' })
  const moved = world.range('a').kvs[0]
  assert.deepEqual([text(moved?.value), moved?.lease, moved?.version], ['1', '8', 2])
  world.put('a', '2', { ignoreLease: true })
  const changed = world.range('a').kvs[0]
  assert.deepEqual([text(changed?.value), changed?.lease], ['2', '8'])
  world.put('a', '', { ignoreValue: true })
  const detached = world.range('a').kvs[0]
  assert.deepEqual([text(detached?.value), detached?.lease], ['2', '0'])
})

test('store.put answers with what was before, if asked and if there was anything', () => {
  using world = new World()
  assert.equal(world.put('a', '1', { prevKv: true }).prevKv, undefined)
  const { prevKv } = world.put('a', '2', { prevKv: true })
  assert.equal(prevKv && shortEntry(prevKv), 'a=1 2')
  assert.equal(world.put('a', '3').prevKv, undefined)
  world.delete('a')
  assert.equal(world.put('a', '4', { prevKv: true }).prevKv, undefined)
})

test('store.put copies what it is given', () => {
  using world = new World()
  const buffer = Buffer.from('key-value')
  const request = { key: buffer.subarray(0, 3), value: buffer.subarray(4) }
  world.store.put(PutRequest.create(request))
  buffer.fill(0)
  assert.deepEqual(world.contents(), ['key=value'])
})

test('store orders keys by their bytes, of whatever length', () => {
  using world = new World()
  const long = 'k'.repeat(20_000)
  const keys = [
    '\0',
    '\0\0',
    'a',
    'a\0',
    'a\xff',
    'b',
    long,
    `${long}\0`,
    '\x7f',
    '\x80',
    '\xff',
    '\xff\xff',
  ]
  for (const key of [...keys].reverse()) world.put(key)
  assert.deepEqual(
    world.range('\0', '\0').kvs.map(({ key }) => text(key)),
    keys,
  )
})
