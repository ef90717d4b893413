// DeleteRange: reference/server-v3.md, section 4.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refuses, shortEntry, World } from './world.ts'

test('store.deleteRange deletes what a range finds, at one revision', () => {
  using world = new World()
  for (const key of 'abcd') world.put(key, key)
  const response = world.delete('b', 'd')
  assert.deepEqual([response.deleted, response.prevKvs, response.header?.revision], [2, [], 6])
  assert.deepEqual(world.contents(), ['a=a', 'd=d'])
  assert.equal(world.delete('a', '\0').deleted, 2)
  assert.equal(world.store.revision, 7)
})

test('store.deleteRange answers with what was before, in key order', () => {
  using world = new World()
  for (const key of 'dcba') world.put(key, key)
  const { prevKvs } = world.delete('\0', '\0', { prevKv: true })
  assert.deepEqual(prevKvs.map(shortEntry), ['a=a 5', 'b=b 4', 'c=c 3', 'd=d 2'])
})

test('store.deleteRange that finds nothing changes nothing', () => {
  using world = new World()
  world.put('a')
  world.delete('a')
  for (const [key, end] of [
    ['a', ''],
    ['b', 'a'],
    ['x', '\0'],
  ] as const) {
    const response = world.delete(key, end, { prevKv: true })
    assert.deepEqual([response.deleted, response.prevKvs, response.header?.revision], [0, [], 3])
  }
})

test('store.deleteRange refuses an empty key', () => {
  using world = new World()
  refuses('empty-key', () => world.delete(''))
  refuses('empty-key', () => world.delete('', '\0'))
})
