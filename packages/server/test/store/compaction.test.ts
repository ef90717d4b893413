// Compaction: reference/server-v3.md, section 6.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CompactedError, CompactionRequest } from '@etcdkit/protocol'
import { refuses, shortEntry, World } from './world.ts'

function at(world: World, revision: number): string {
  return world.range('\0', '\0', { revision }).kvs.map(shortEntry).join(', ')
}

test('store.compact refuses what is done, and what is to come', () => {
  using world = new World()
  world.put('a')
  assert.equal(world.store.compactRevision, -1)
  refuses('compacted', () => world.compact(-1))
  refuses('future-revision', () => world.compact(3))
  world.compact(0)
  refuses('compacted', () => world.compact(0))
  const response = world.store.compact(CompactionRequest.create({ revision: 1, physical: true }))
  assert.equal(response.header?.revision, 2)
  world.compact(2)
  refuses('compacted', () => world.compact(2))
  refuses('compacted', () => world.compact(1))
  assert.equal(world.store.compactRevision, 2)
})

test('store.compact leaves what was there at its revision, and all after', () => {
  using world = new World()
  world.put('a', '1')
  world.put('b', '1')
  world.put('a', '2')
  world.delete('b')
  world.put('c', '1')
  world.put('a', '3')
  const before = [4, 5, 6, 7].map((revision) => at(world, revision))
  world.compact(4)
  assert.deepEqual(
    [4, 5, 6, 7].map((revision) => at(world, revision)),
    before,
  )
  refuses('compacted', () => at(world, 3))
  world.compact(7)
  assert.deepEqual(world.contents(), ['a=3', 'c=1'])
})

test('store.compact tells whoever comes too late from where on there is something', () => {
  using world = new World()
  world.put('a')
  world.put('a')
  world.compact(3)
  assert.throws(
    () => at(world, 2),
    (error) => error instanceof CompactedError && error.compactRevision === 3,
  )
})

test('store.compact frees what was superseded, and keys that are gone', () => {
  using world = new World()
  world.put('kept', '0123456789')
  const alone = world.store.sizeInUseBytes
  for (let count = 0; count < 100; count++) {
    world.put('kept', '0123456789')
    world.put('gone', '0123456789')
    world.delete('gone')
  }
  assert.ok(world.store.sizeInUseBytes > 100 * alone)
  const peak = world.store.sizeBytes
  world.compact(world.store.revision)
  // The last deletion stays until the next compaction: whoever watches from there on is told.
  assert.equal(world.store.sizeInUseBytes, alone + 64 + 'gone'.length)
  world.put('kept', '0123456789')
  world.compact(world.store.revision)
  assert.equal(world.store.sizeInUseBytes, alone)
  assert.equal(world.store.sizeBytes, peak)
  world.store.defragment()
  assert.equal(world.store.sizeBytes, alone)
})

test('store.compact at the deletion of a key lets it be put anew', () => {
  using world = new World()
  world.put('a', '1')
  world.delete('a')
  world.compact(3)
  assert.equal(at(world, 3), '')
  world.put('a', '2')
  assert.equal(at(world, 4), 'a=2 4')
  world.delete('a')
  world.compact(4)
  assert.equal(at(world, 4), 'a=2 4')
  assert.equal(at(world, 5), '')
  world.put('b')
  world.compact(6)
  world.put('a', '3')
  assert.equal(at(world, 7), 'a=3 7, b= 6')
  assert.equal(world.range('a').kvs[0]?.version, 1)
})
