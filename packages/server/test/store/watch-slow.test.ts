// Watch, for readers that do not keep up, and for answers that are too large: reference/server-v3.md, section 8.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Event, WatchResponse } from '@etcdkit/protocol'
import { op, text, type Watching, World } from './world.ts'

/** A watch of key a whose reader is full. */
function stalled(world: World): Watching {
  const watch = world.watch()
  watch.create('a')
  watch.take()
  watch.room = 1
  world.put('a', 'last taken')
  watch.take()
  assert.ok(watch.stream.full)
  return watch
}

test('a full reader is given nothing until it is ready', () => {
  using world = new World()
  const watch = stalled(world)
  world.put('a', '3')
  world.put('a', '4')
  assert.deepEqual(watch.take(), [])
  watch.makeRoom(1)
  assert.deepEqual(watch.takeShort(), ['#0 @3 put a=3 3'])
  watch.makeRoom()
  assert.deepEqual(watch.takeShort(), ['#0 @4 put a=4 4'])
  assert.equal(watch.stream.full, false)
  world.put('a', '5')
  assert.deepEqual(watch.takeShort(), ['#0 @5 put a=5 5'])
})

test('what a full reader misses beyond some answers is told from history', () => {
  using world = new World({ watchPendingResponses: 2 })
  const watch = stalled(world)
  for (let value = 3; value <= 8; value++) world.put('a', String(value))
  watch.makeRoom()
  assert.deepEqual(watch.takeShort(), [
    '#0 @3 put a=3 3',
    '#0 @4 put a=4 4',
    '#0 @8 put a=5 5, put a=6 6, put a=7 7, put a=8 8',
  ])
  world.put('a', '9')
  assert.deepEqual(watch.takeShort(), ['#0 @9 put a=9 9'])
})

test('a full reader keeps no more than some answers, whatever happens', () => {
  using world = new World({ watchPendingResponses: 3 })
  const watch = stalled(world)
  for (let value = 0; value < 5000; value++) world.put('a', String(value))
  world.compact(world.store.revision - 10)
  watch.makeRoom()
  assert.deepEqual(watch.takeShort(), [
    '#0 @3 put a=0 3',
    '#0 @4 put a=1 4',
    '#0 @5 put a=2 5',
    '#0 @0 canceled compacted 4992',
  ])
})

test('a full reader overtaken by a compaction is told, after what it has coming', () => {
  using world = new World({ watchPendingResponses: 1 })
  const watch = stalled(world)
  for (let value = 3; value <= 8; value++) world.put('a', String(value))
  world.compact(5)
  watch.makeRoom()
  assert.deepEqual(watch.takeShort(), ['#0 @3 put a=3 3', '#0 @0 canceled compacted 5'])
})

test('a full reader that is not overtaken misses nothing', () => {
  using world = new World({ watchPendingResponses: 1 })
  const watch = stalled(world)
  for (let value = 3; value <= 6; value++) world.put('a', String(value))
  world.compact(4)
  watch.makeRoom()
  assert.deepEqual(watch.takeShort(), ['#0 @3 put a=3 3', '#0 @6 put a=4 4, put a=5 5, put a=6 6'])
})

test('watchers of a full reader are told in turn', () => {
  using world = new World({ watchPendingResponses: 0, watchBatchRevisions: 1 })
  const watch = stalled(world)
  watch.create('a', '', { startRevision: 2 })
  watch.create('a', 'b')
  for (let value = 3; value <= 5; value++) world.put('a', String(value))
  const told: string[] = []
  for (let round = 0; round < 20; round++) {
    watch.makeRoom(1)
    told.push(...watch.takeShort())
  }
  assert.deepEqual(told, [
    '#1 @2 created',
    '#2 @2 created',
    '#1 @5 put a=last taken 2',
    '#0 @5 put a=3 3',
    '#2 @5 put a=3 3',
    '#1 @5 put a=3 3',
    '#0 @5 put a=4 4',
    '#2 @5 put a=4 4',
    '#1 @5 put a=4 4',
    '#0 @5 put a=5 5',
    '#2 @5 put a=5 5',
    '#1 @5 put a=5 5',
  ])
})

test('answers to requests keep their place among events', () => {
  using world = new World()
  const watch = stalled(world)
  world.put('a', '3')
  watch.create('a', '', { watchId: 7 })
  world.put('a', '4')
  watch.stream.progress()
  watch.stream.cancel(0)
  world.put('a', '5')
  watch.makeRoom()
  assert.deepEqual(watch.takeShort(), [
    '#0 @3 put a=3 3',
    '#7 @3 created',
    '#0 @4 put a=4 4',
    '#7 @4 put a=4 4',
    '#-1 @4',
    '#0 @4 canceled',
    '#7 @5 put a=5 5',
  ])
})

test('a watcher that is behind makes no progress', () => {
  using world = new World({ watchPendingResponses: 0 })
  const watch = stalled(world)
  world.put('a', '3')
  watch.stream.progress()
  watch.makeRoom()
  assert.deepEqual(watch.takeShort(), ['#0 @3 put a=3 3'])
  watch.stream.progress()
  assert.deepEqual(watch.takeShort(), ['#-1 @3'])
})

test('a slow stream slows no other', () => {
  using world = new World({ watchPendingResponses: 0 })
  const slow = stalled(world)
  const fast = world.watch()
  fast.create('a')
  world.put('a', '3')
  assert.deepEqual(fast.takeShort(), ['#0 @2 created', '#0 @3 put a=3 3'])
  assert.deepEqual(slow.take(), [])
})

test('a reader that is full from the start is told all in order', () => {
  using world = new World()
  world.put('a', '2')
  const watch = world.watch()
  watch.room = 1
  watch.create('a', '', { startRevision: 1 })
  world.put('a', '3')
  assert.deepEqual(watch.takeShort(), ['#0 @2 created'])
  watch.makeRoom()
  assert.deepEqual(watch.takeShort(), ['#0 @3 put a=2 2, put a=3 3'])
})

/** As the fragments of 10 values of 400 kB were on 3.5.30: five and five. */
test('a watch with fragment is told in pieces below the limit', () => {
  using world = new World()
  const value = 'x'.repeat(400_000)
  const keys = Array.from({ length: 10 }, (_, index) => `k${index}`)
  world.txn({ success: keys.slice(0, 5).map((key) => op.put(key, value)) })
  world.txn({ success: keys.slice(5).map((key) => op.put(key, value)) })
  const watch = world.watch()
  watch.create('k', 'l', { startRevision: 1, fragment: true })
  watch.create('k', 'l', { startRevision: 1 })
  const told = watch.take().filter(({ created }) => !created)
  assert.deepEqual(
    told.map(({ watchId, fragment, events, header }) => [
      watchId,
      fragment,
      events.length,
      header?.revision,
    ]),
    [
      [0, true, 5, 3],
      [0, false, 5, 3],
      [1, false, 10, 3],
    ],
  )
  for (const { watchId, ...response } of told.slice(0, 2)) {
    assert.ok(WatchResponse.encode(response).length < 2_097_152)
  }
})

test('fragments go to the byte, and a single event is never cut', () => {
  using world = new World({ maxRequestBytes: 1 })
  const limit = 1 + 512 * 1024
  const watch = world.watch()
  watch.create('\0', '\0', { fragment: true })
  watch.take()
  const sizeOf = (length: number) => {
    const values = [op.put('a', 'x'.repeat(length)), op.put('b', 'x'.repeat(1000))]
    world.txn({ success: values })
    const pieces = watch.take()
    const whole = pieces.flatMap(({ events }): readonly Event[] => events)
    const size = WatchResponse.encode({ ...pieces[0], fragment: false, events: whole }).length
    return [pieces.length, size - limit]
  }
  const [, over] = sizeOf(limit - 1000)
  const fitting = limit - 1000 - (over ?? 0) - 1
  assert.deepEqual(sizeOf(fitting), [1, -1])
  assert.deepEqual(sizeOf(fitting + 1), [2, 0])
  world.txn({
    success: [op.put('a', 'x'.repeat(limit)), op.put('b', 'x'.repeat(limit)), op.put('c')],
  })
  const pieces = watch
    .take()
    .map(({ fragment, events }) => [fragment, ...events.map(({ kv }) => text(kv?.key))])
  assert.deepEqual(pieces, [
    [true, 'a'],
    [true, 'b'],
    [false, 'c'],
  ])
})
