// Range: reference/server-v3.md, section 3.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type EtcdErrorCode,
  type MessageInit,
  type RangeRequest,
  type RangeResponse,
  SortOrder,
  SortTarget,
} from '@etcdkit/protocol'
import { refuses, shortEntry, text, World } from './world.ts'

function keys({ kvs }: RangeResponse): string {
  return kvs.map(({ key }) => text(key)).join(' ')
}

/** Keys a to e; created in the order of the alphabet, changed last in the order c, a, b; values run the other way. */
function filled(): World {
  const world = new World()
  for (const [key, value] of ['a5', 'b4', 'c3', 'd2', 'e1']) world.put(key as string, value)
  world.put('c', '3')
  world.put('a', '5')
  world.put('b', '4')
  world.put('b', '4')
  return world
}

const ranges: readonly [string, string, string, string][] = [
  ['no end is the key alone', 'b', '', 'b'],
  ['an end is left out', 'b', 'd', 'b c'],
  ['the end \\0 is all from the key on', 'c', '\0', 'c d e'],
  ['\\0 to \\0 is everything', '\0', '\0', 'a b c d e'],
  ['an end at the key is nothing', 'b', 'b', ''],
  ['an end below the key is nothing', 'd', 'b', ''],
  ['a missing key is nothing', 'x', '', ''],
  ['ends need not be keys', 'aa', 'cc', 'b c'],
]

for (const [name, key, rangeEnd, expected] of ranges) {
  test(`store.range: ${name}`, () => {
    using world = filled()
    const response = world.range(key, rangeEnd)
    assert.equal(keys(response), expected)
    assert.equal(response.count, response.kvs.length)
    assert.equal(response.more, false)
  })
}

const { ASCEND, DESCEND, NONE } = SortOrder
const { CREATE, MOD, VALUE, VERSION } = SortTarget

const options: readonly [string, MessageInit<RangeRequest>, string, boolean][] = [
  ['a limit', { limit: 2 }, 'a b', true],
  ['a limit that is not reached', { limit: 6 }, 'a b c d e', false],
  ['a limit that is just reached', { limit: 5 }, 'a b c d e', false],
  ['a negative limit', { limit: -1 }, 'a b c d e', false],
  ['descending', { sortOrder: DESCEND }, 'e d c b a', false],
  ['descending with a limit', { sortOrder: DESCEND, limit: 2 }, 'e d', true],
  ['ascending with a limit', { sortOrder: ASCEND, limit: 2 }, 'a b', true],
  ['by value', { sortOrder: ASCEND, sortTarget: VALUE }, 'e d c b a', false],
  ['by value with a limit', { sortOrder: ASCEND, sortTarget: VALUE, limit: 2 }, 'e d', true],
  [
    'by value without values',
    { sortOrder: ASCEND, sortTarget: VALUE, keysOnly: true },
    'e d c b a',
    false,
  ],
  ['by version, ties by key', { sortOrder: ASCEND, sortTarget: VERSION }, 'd e a c b', false],
  [
    'by version downwards, ties by key',
    { sortOrder: DESCEND, sortTarget: VERSION },
    'b a c d e',
    false,
  ],
  ['by creation downwards', { sortOrder: DESCEND, sortTarget: CREATE }, 'e d c b a', false],
  ['by change', { sortOrder: ASCEND, sortTarget: MOD }, 'd e c a b', false],
  ['by a target without an order', { sortOrder: NONE, sortTarget: MOD }, 'd e c a b', false],
  // Verified on 3.5.30: what is sorted is the limit and one more, in key order.
  [
    'by a target without an order, limited',
    { sortOrder: NONE, sortTarget: VALUE, limit: 2 },
    'c b',
    true,
  ],
  [
    'the same, filtered',
    { sortOrder: NONE, sortTarget: VALUE, limit: 2, minModRevision: 1 },
    'e d',
    true,
  ],
  ['least change', { minModRevision: 8 }, 'a b', false],
  ['latest change', { maxModRevision: 7 }, 'c d e', false],
  ['least creation', { minCreateRevision: 4 }, 'c d e', false],
  ['latest creation', { maxCreateRevision: 4 }, 'a b c', false],
  ['changes between, limited', { minModRevision: 6, maxModRevision: 8, limit: 1 }, 'a', true],
  ['more counts what passes', { maxModRevision: 7, limit: 3 }, 'c d e', false],
  ['nothing passes', { maxModRevision: -1 }, '', false],
  ['serializable', { serializable: true }, 'a b c d e', false],
]

for (const [name, option, expected, more] of options) {
  test(`store.range, ${name}`, () => {
    using world = filled()
    const response = world.range('a', 'z', option)
    assert.equal(keys(response), expected)
    assert.equal(response.more, more)
    assert.equal(response.count, 5, 'the count knows neither limit nor filters')
  })
}

test('store.range with keysOnly leaves out the value and nothing else', () => {
  using world = filled()
  world.grant('7', 10)
  world.put('a', '9', { lease: '7' })
  const [kv] = world.range('a', '', { keysOnly: true }).kvs
  assert.deepEqual(
    { ...kv, key: text(kv?.key) },
    {
      key: 'a',
      value: new Uint8Array(0),
      createRevision: 2,
      modRevision: 11,
      version: 3,
      lease: '7',
    },
  )
})

test('store.range with countOnly has a count and nothing else, whatever else is asked', () => {
  using world = filled()
  world.delete('b')
  const response = world.range('a', 'd', {
    countOnly: true,
    keysOnly: true,
    limit: 1,
    minModRevision: 9,
  })
  assert.deepEqual([response.kvs, response.more, response.count], [[], false, 2])
  assert.equal(world.range('a', '', { countOnly: true }).count, 1)
  assert.equal(world.range('b', '', { countOnly: true }).count, 0)
  assert.equal(world.range('d', 'a', { countOnly: true }).count, 0)
})

test('store.range of one key filters as well', () => {
  using world = filled()
  const response = world.range('a', '', { minModRevision: 9 })
  assert.deepEqual([response.kvs, response.count], [[], 1])
})

test('store.range reads any revision, and its header tells the newest', () => {
  using world = new World()
  world.put('a', '1')
  world.put('b', '1')
  world.delete('a')
  world.put('a', '2')
  const at = (revision: number) => {
    const { kvs, count, header } = world.range('a', 'z', { revision })
    assert.equal(count, kvs.length)
    assert.equal(header?.revision, 5)
    return kvs.map(shortEntry).join(', ')
  }
  assert.deepEqual([1, 2, 3, 4, 5].map(at), ['', 'a=1 2', 'a=1 2, b=1 3', 'b=1 3', 'a=2 5, b=1 3'])
  assert.equal(at(0), 'a=2 5, b=1 3')
  assert.equal(at(-3), 'a=2 5, b=1 3')
  assert.equal(world.range('a', '', { revision: 2 }).kvs.length, 1)
  assert.equal(world.range('a', '', { revision: 4 }).kvs.length, 0)
})

test('store.range counts the past with a limit as without', () => {
  using world = new World()
  for (const key of 'abcdef') world.put(key)
  world.delete('b')
  world.delete('c')
  world.put('c')
  world.put('g')
  for (const [revision, count] of [
    [7, 6],
    [8, 5],
    [9, 4],
    [10, 5],
    [11, 6],
  ] as const) {
    assert.equal(world.range('a', 'z', { revision, limit: 1 }).count, count)
    assert.equal(world.range('a', 'z', { revision, countOnly: true }).count, count)
    assert.equal(world.range('a', 'z', { revision }).count, count)
  }
  assert.equal(world.range('b', 'e', { revision: 8, limit: 1 }).count, 2)
})

test('store.range finds any of the many versions of a key', () => {
  using world = new World()
  for (let value = 2; value <= 2000; value++) world.put('a', String(value))
  for (let revision = 2; revision <= 2000; revision += 7) {
    assert.equal(text(world.range('a', '', { revision }).kvs[0]?.value), String(revision))
  }
})

const refused: readonly [string, EtcdErrorCode, string, MessageInit<RangeRequest>][] = [
  ['an empty key', 'empty-key', '', {}],
  ['an unknown order', 'invalid-sort-option', 'a', { sortOrder: 3 }],
  ['an unknown target', 'invalid-sort-option', 'a', { sortTarget: 5 }],
  ['a revision to come', 'future-revision', 'a', { revision: 11 }],
  ['a compacted revision', 'compacted', 'a', { revision: 4 }],
]

for (const [name, code, key, option] of refused) {
  test(`store.range refuses ${name}: ${code}`, () => {
    using world = filled()
    world.compact(5)
    refuses(code, () => world.range(key, '', option))
    refuses(code, () => world.range(key, key && 'z', option))
  })
}
