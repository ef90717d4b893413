// HashKV: reference/server-v3.md, section 11. The numbers are what etcd 3.5.30 answered for the same requests.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32c } from '../../src/store/crc32c.ts'
import { bytes, op, refuses, World } from './world.ts'

test('crc32c gives the checksum of RFC 3720', () => {
  assert.equal(crc32c(bytes('123456789')), 0xe3069283)
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa)
  assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43)
  assert.equal(crc32c(bytes('6789'), crc32c(bytes('12345'))), 0xe3069283)
})

test('store.hashKv of nothing is that of the word it starts with', () => {
  using world = new World()
  assert.deepEqual(world.store.hashKv(0), {
    header: world.store.header(),
    hash: 1084519789,
    compactRevision: -1,
    hashRevision: 1,
  })
})

test('store.hashKv is what etcd makes of the same changes', () => {
  using world = new World()
  const hash = (revision: number) => world.store.hashKv(revision).hash
  world.put('q', '1')
  world.txn({
    success: [op.txn({ success: [op.put('q', 'x')] }), op.txn({ success: [op.delete('q')] })],
  })
  world.put('b', '1')
  world.txn({ success: [op.delete('b'), op.put('c', 'x'), op.delete('a', '\0')] })
  world.put('z', '1')
  world.txn({ success: [op.delete('z', '\0'), op.put('z', 'x'), op.delete('z', '\0')] })
  assert.deepEqual(
    [hash(0), hash(7), hash(1), hash(5)],
    [3011591987, 3011591987, 1084519789, 1644365788],
  )
  world.compact(7)
  assert.equal(hash(0), 1084519789)
  world.put('y', '1')
  world.delete('y')
  assert.deepEqual([hash(9), hash(8)], [3206975283, 1774408615])
  world.compact(9)
  assert.equal(hash(0), 1084519789)
  world.put('y', '2')
  assert.equal(hash(0), 2337023926)
})

test('store.hashKv counts what compaction left as long as it is not superseded', () => {
  using world = new World()
  const hash = (revision: number) => world.store.hashKv(revision).hash
  world.put('a', '1')
  world.put('b', '1')
  world.put('a', '2')
  world.compact(4)
  world.put('b', '2')
  world.put('c', '1')
  assert.deepEqual([0, 5, 6, -2].map(hash), [3507901987, 683967142, 3507901987, 1084519789])
  for (const key of 'abc') world.delete(key)
  // At 9 nothing is left, and then what is superseded counts again.
  assert.deepEqual([7, 8, 9].map(hash), [4026081694, 2387879860, 3038205760])
})

test('store.hashKv refuses what cannot be read', () => {
  using world = new World()
  world.put('a')
  world.put('a')
  world.compact(3)
  refuses('compacted', () => world.store.hashKv(2))
  refuses('future-revision', () => world.store.hashKv(4))
  assert.deepEqual(
    [world.store.hashKv(3).compactRevision, world.store.hashKv(3).hashRevision],
    [3, 3],
  )
})
