// Watch, for readers that keep up: reference/server-v3.md, section 8.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FilterType } from '@etcdkit/protocol'
import { bytes, op, World } from './world.ts'

const { NODELETE, NOPUT } = FilterType

test('a watch without a start hears what happens after it was created', () => {
  using world = new World()
  world.put('a', '0')
  const watch = world.watch()
  watch.create('a')
  assert.deepEqual(watch.takeShort(), ['#0 @2 created'])
  world.put('a', '1')
  world.put('b', '1')
  world.delete('a')
  assert.deepEqual(watch.takeShort(), ['#0 @3 put a=1 3', '#0 @5 delete a 5'])
})

test('an answer of a watch is complete', () => {
  using world = new World()
  world.grant('7', 10)
  world.put('a', '1', { lease: '7' })
  const watch = world.watch()
  watch.create('a', '', { startRevision: 2, prevKv: true })
  world.delete('a')
  const header = { clusterId: '1', memberId: '1', revision: 2, raftTerm: 2 }
  const kv = {
    key: bytes('a'),
    value: bytes('1'),
    createRevision: 2,
    modRevision: 2,
    version: 1,
    lease: '7',
  }
  const rest = {
    watchId: 0,
    created: false,
    canceled: false,
    compactRevision: 0,
    cancelReason: '',
    fragment: false,
  }
  assert.deepEqual(watch.take(), [
    { ...rest, header, created: true, events: [] },
    { ...rest, header, events: [{ type: 0, kv, prevKv: undefined }] },
    {
      ...rest,
      header: { ...header, revision: 3 },
      events: [
        {
          type: 1,
          kv: {
            key: bytes('a'),
            value: new Uint8Array(0),
            createRevision: 0,
            modRevision: 3,
            version: 0,
            lease: '0',
          },
          prevKv: kv,
        },
      ],
    },
  ])
})

const ranges: readonly [string, string, string, string][] = [
  ['one key', 'b', '', 'b'],
  ['a range', 'b', 'd', 'b c'],
  ['all from a key on', 'b', '\0', 'b c d'],
  ['everything', '\0', '\0', 'a b c d'],
  ['everything, by an empty key', '', '\0', 'a b c d'],
  ['up to a key, by an empty key', '', 'c', 'a b'],
  ['an empty key alone is the key \\0', '', '', ''],
]

for (const [name, key, rangeEnd, expected] of ranges) {
  test(`a watch of ${name} hears of that, live and from history`, () => {
    using world = new World()
    const live = world.watch()
    live.create(key, rangeEnd)
    for (const each of 'abcd') world.put(each)
    const late = world.watch()
    late.create(key, rangeEnd, { startRevision: 2 })
    for (const watch of [live, late]) {
      const events = watch.take().flatMap((response) => response.events)
      assert.equal(events.map(({ kv }) => String.fromCharCode(kv?.key[0] ?? 0)).join(' '), expected)
    }
  })
}

test('a watch of an empty key hears of the key \\0', () => {
  using world = new World()
  const watch = world.watch()
  watch.create('')
  world.put('\0', '1')
  assert.equal(watch.take().length, 2)
})

test('a watch hears of each revision in one answer, in the order of its changes', () => {
  using world = new World()
  const watch = world.watch()
  watch.create('\0', '\0')
  world.txn({ success: [op.put('c', '1'), op.put('a', '1'), op.delete('none'), op.put('b', '1')] })
  world.delete('\0', '\0')
  assert.deepEqual(watch.takeShort().slice(1), [
    '#0 @2 put c=1 2, put a=1 2, put b=1 2',
    '#0 @3 delete a 3, delete b 3, delete c 3',
  ])
})

test('watchers of a stream are told apart, and each hears all of its own', () => {
  using world = new World()
  const watch = world.watch()
  watch.create('a')
  watch.create('a', 'c')
  watch.create('b')
  watch.takeShort()
  world.txn({ success: [op.put('a'), op.put('b')] })
  assert.deepEqual(watch.takeShort().sort(), [
    '#0 @2 put a= 2',
    '#1 @2 put a= 2, put b= 2',
    '#2 @2 put b= 2',
  ])
})

test('a watch from the past is told of it at once, then of what happens', () => {
  using world = new World()
  for (let value = 2; value <= 6; value++) world.put('a', String(value))
  const watch = world.watch()
  watch.create('a', '', { startRevision: 4 })
  world.put('a', '7')
  assert.deepEqual(watch.takeShort(), [
    '#0 @6 created',
    '#0 @6 put a=4 4, put a=5 5, put a=6 6',
    '#0 @7 put a=7 7',
  ])
})

test('a watch from a revision to come hears nothing before', () => {
  using world = new World()
  const watch = world.watch()
  watch.create('a', '', { startRevision: 4 })
  for (let value = 2; value <= 5; value++) world.put('a', String(value))
  assert.deepEqual(watch.takeShort(), ['#0 @1 created', '#0 @4 put a=4 4', '#0 @5 put a=5 5'])
})

test('history comes in batches of so many revisions, none of them split', () => {
  for (const [key, rangeEnd] of [
    ['a', ''],
    ['a', 'c'],
  ] as const) {
    using world = new World({ watchBatchRevisions: 3, watchCatchUpMs: 100 })
    for (let value = 2; value <= 8; value++) world.txn({ success: [op.put('a'), op.put('b')] })
    const watch = world.watch()
    watch.create(key, rangeEnd, { startRevision: 1 })
    const revisions = () =>
      watch.take().map(({ events }) => [...new Set(events.map(({ kv }) => kv?.modRevision))])
    assert.deepEqual(revisions(), [[], [2, 3, 4]])
    world.clock.advance(99)
    assert.deepEqual(revisions(), [])
    world.clock.advance(1)
    assert.deepEqual(revisions(), [[5, 6, 7]])
    world.put('a')
    assert.deepEqual(revisions(), [])
    world.clock.advance(100)
    assert.deepEqual(revisions(), [[8, 9]])
    world.put('a')
    assert.deepEqual(revisions(), [[10]])
  }
})

test('history of more than a batch needs nobody to move the clock', async () => {
  using world = new World()
  for (let value = 0; value < 2500; value++) world.put('a')
  const watch = world.watch()
  watch.create('a', 'b', { startRevision: 1 })
  await new Promise((resolve) => setImmediate(resolve))
  const sizes = watch.take().map(({ events, header }) => [events.length, header?.revision])
  assert.deepEqual(sizes, [
    [0, 2501],
    [1000, 2501],
    [1000, 2501],
    [500, 2501],
  ])
})

test('history of a key with very many versions is complete', () => {
  using world = new World({ watchBatchRevisions: 5000 })
  for (let value = 0; value < 10_000; value++) world.put(value % 10 === 0 ? 'a\0' : 'a')
  const watch = world.watch()
  watch.create('a', '', { startRevision: 1 })
  world.clock.advance(0)
  const revisions = watch.take().flatMap(({ events }) => events.map(({ kv }) => kv?.modRevision))
  assert.equal(revisions.length, 9000)
  assert.deepEqual(revisions.slice(0, 3), [3, 4, 5])
})

test('a watch that finds little in a long history comes to its end all the same', () => {
  using world = new World()
  world.put('z', 'first')
  for (let value = 0; value < 150_000; value++) world.put('a')
  world.put('z', 'last')
  const watch = world.watch()
  watch.create('x', '\0', { startRevision: 1 })
  watch.stream.progress()
  assert.deepEqual(watch.takeShort(), ['#0 @150003 created', '#0 @150003 put z=first 2'])
  world.clock.advance(0)
  assert.deepEqual(watch.takeShort(), ['#0 @150003 put z=last 150003'])
})

test('a watch with prevKv is told what was before, in history too', () => {
  using world = new World()
  const live = world.watch()
  live.create('\0', '\0', { prevKv: true })
  live.take()
  world.put('a', '1')
  world.put('a', '2')
  world.delete('a')
  world.put('a', '3')
  world.txn({ success: [op.put('a', '4'), op.put('b', '1')] })
  const late = world.watch()
  late.create('\0', '\0', { prevKv: true, startRevision: 1 })
  const events = [
    'put a=1 2',
    'put a=2 3 (was a=1 2)',
    'delete a 4 (was a=2 3)',
    'put a=3 5',
    'put a=4 6 (was a=3 5), put b=1 6',
  ]
  assert.deepEqual(
    live.takeShort(),
    events.map((event, index) => `#0 @${index + 2} ${event}`),
  )
  assert.equal(late.takeShort()[1], `#0 @6 ${events.join(', ')}`)
})

test('a watch with prevKv is not told what is compacted', () => {
  using world = new World()
  for (let value = 2; value <= 5; value++) world.put('a', String(value))
  world.compact(4)
  const watch = world.watch()
  watch.create('a', '', { prevKv: true, startRevision: 4 })
  assert.equal(watch.takeShort()[1], '#0 @5 put a=4 4, put a=5 5 (was a=4 4)')
})

const filters: readonly [string, FilterType[], string[]][] = [
  ['no puts', [NOPUT], ['#0 @3 delete a 3', '#0 @4 delete b 4']],
  ['no deletes', [NODELETE], ['#0 @2 put a= 2, put b= 2', '#0 @4 put c= 4']],
  ['neither', [NOPUT, NODELETE], []],
  [
    'unknown ones',
    [7],
    ['#0 @2 put a= 2, put b= 2', '#0 @3 delete a 3', '#0 @4 put c= 4, delete b 4'],
  ],
]

for (const [name, filter, expected] of filters) {
  test(`a watch filters: ${name}`, () => {
    using world = new World()
    const watch = world.watch()
    watch.create('\0', '\0', { filters: filter })
    watch.take()
    world.txn({ success: [op.put('a'), op.put('b')] })
    world.delete('a')
    world.txn({ success: [op.put('c'), op.delete('b')] })
    assert.deepEqual(watch.takeShort(), expected)
    const late = world.watch()
    late.create('\0', '\0', { filters: filter, startRevision: 1 })
    const events = expected.map((line) => line.replace(/^#0 @\d+ /, ''))
    assert.deepEqual(
      late.takeShort().slice(1),
      events.length === 0 ? [] : [`#0 @4 ${events.join(', ')}`],
    )
  })
}

test('a thousand watchers of keys of their own cost a put of another key nothing', () => {
  using world = new World()
  const watch = world.watch()
  for (let key = 0; key < 1000; key++) watch.create(`key ${key}`)
  watch.take()
  world.put('key 500', '1')
  world.put('another')
  assert.deepEqual(watch.takeShort(), ['#500 @2 put key 500=1 2'])
})
