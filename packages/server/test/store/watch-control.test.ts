// What a watch stream is asked beside events - ids, refusals, cancels, progress: reference/server-v3.md, section 8.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type MessageInit, type WatchCreateRequest, WatchRequest } from '@etcdkit/protocol'
import { bytes, World } from './world.ts'

test('watch ids: 0 is the next that is free, others are taken as they are', () => {
  using world = new World()
  const watch = world.watch()
  const created = (watchId: number) => {
    watch.create('a', '', { watchId })
    const [response] = watch.take()
    return response?.canceled ? response.cancelReason : response?.watchId
  }
  assert.deepEqual([0, 2, 0, 0, 0, -1, 7].map(created), [0, 2, 1, 3, 4, -1, 7])
  assert.equal(created(2), 'mvcc: duplicate watch ID provided on the WatchStream')
  assert.equal(created(-1), 'mvcc: duplicate watch ID provided on the WatchStream')
  watch.stream.cancel(3)
  watch.stream.cancel(7)
  watch.take()
  assert.deepEqual([0, 7, 3].map(created), [5, 7, 3])
})

const refused: readonly [string, MessageInit<WatchCreateRequest>, string][] = [
  ['an empty range', { key: bytes('b'), rangeEnd: bytes('b') }, 'mvcc: watcher range is empty'],
  [
    'a range upside down',
    { key: bytes('b'), rangeEnd: bytes('a') },
    'mvcc: watcher range is empty',
  ],
  [
    'a start below 0',
    { key: bytes('b'), startRevision: -1 },
    'etcdserver: mvcc: required revision has been compacted',
  ],
  [
    'a start below 0 first',
    { key: bytes('b'), rangeEnd: bytes('a'), watchId: 5, startRevision: -1 },
    'etcdserver: mvcc: required revision has been compacted',
  ],
  [
    'a range before an id',
    { key: bytes('b'), rangeEnd: bytes('a'), watchId: 5 },
    'mvcc: watcher range is empty',
  ],
  [
    'an id in use',
    { key: bytes('b'), watchId: 5 },
    'mvcc: duplicate watch ID provided on the WatchStream',
  ],
]

for (const [name, request, reason] of refused) {
  test(`a watch with ${name} is refused, and the stream goes on`, () => {
    using world = new World()
    const watch = world.watch()
    watch.create('a', '', { watchId: 5 })
    watch.stream.handle(WatchRequest.create({ createRequest: request }))
    assert.deepEqual(watch.takeShort(), ['#5 @1 created', `#-1 @1 created canceled ${reason}`])
    world.put('a', '1')
    assert.deepEqual(watch.takeShort(), ['#5 @2 put a=1 2'])
  })
}

test('stream.refuse answers with a reason of the service', () => {
  using world = new World()
  const watch = world.watch()
  watch.stream.refuse('no')
  assert.deepEqual(watch.takeShort(), ['#-1 @1 created canceled no'])
})

test('a watch from before the compaction is told where that was, and its id stays taken', () => {
  using world = new World()
  for (let value = 2; value <= 6; value++) world.put('a', String(value))
  world.compact(4)
  const watch = world.watch()
  watch.create('a', '', { startRevision: 3 })
  assert.deepEqual(watch.takeShort(), ['#0 @6 created', '#0 @0 canceled compacted 4'])
  watch.create('a', '', { startRevision: 4 })
  assert.deepEqual(watch.takeShort(), ['#1 @6 created', '#1 @6 put a=4 4, put a=5 5, put a=6 6'])
  // Verified on 3.5.30: until it is canceled as well, it is in the way.
  watch.stream.progress()
  assert.deepEqual(watch.takeShort(), [])
  watch.stream.cancel(0)
  watch.stream.cancel(0)
  watch.stream.progress()
  assert.deepEqual(watch.takeShort(), ['#0 @6 canceled', '#-1 @6'])
})

test('a watch from a compaction at a deletion hears of that', () => {
  using world = new World()
  world.put('a')
  world.delete('a')
  world.compact(3)
  const watch = world.watch()
  watch.create('a', '', { startRevision: 3 })
  watch.create('a', 'b', { startRevision: 3 })
  assert.deepEqual(watch.takeShort(), [
    '#0 @3 created',
    '#0 @3 delete a 3',
    '#1 @3 created',
    '#1 @3 delete a 3',
  ])
})

test('a watch overtaken by a compaction between batches is told so', () => {
  using world = new World({ watchBatchRevisions: 2, watchCatchUpMs: 100 })
  for (let value = 2; value <= 8; value++) world.put('a', String(value))
  const watch = world.watch()
  watch.create('a', '', { startRevision: 2 })
  world.compact(4)
  world.clock.advance(100)
  world.compact(7)
  world.clock.advance(100)
  assert.deepEqual(watch.takeShort(), [
    '#0 @8 created',
    '#0 @8 put a=2 2, put a=3 3',
    '#0 @8 put a=4 4, put a=5 5',
    '#0 @0 canceled compacted 7',
  ])
})

test('a canceled watch hears no more; an unknown id is not answered', () => {
  using world = new World()
  const watch = world.watch()
  watch.create('a')
  watch.create('a', 'b')
  watch.take()
  for (const watchId of [0, 0, 5, 1]) {
    watch.stream.handle(WatchRequest.create({ cancelRequest: { watchId } }))
  }
  world.put('a')
  assert.deepEqual(watch.takeShort(), ['#0 @1 canceled', '#1 @1 canceled'])
})

test('a watch canceled between batches hears no more', () => {
  using world = new World({ watchBatchRevisions: 1, watchCatchUpMs: 100 })
  world.put('a')
  world.put('a')
  const watch = world.watch()
  watch.create('a', '', { startRevision: 1 })
  watch.stream.cancel(0)
  world.clock.advance(100)
  assert.deepEqual(watch.takeShort(), ['#0 @3 created', '#0 @3 put a= 2', '#0 @3 canceled'])
})

test('progress is told if all watchers have heard all, and none waits for a revision', () => {
  using world = new World({ watchBatchRevisions: 1, watchCatchUpMs: 100 })
  const watch = world.watch()
  const progress = () => {
    watch.take()
    watch.stream.handle(WatchRequest.create({ progressRequest: {} }))
    return watch.takeShort()
  }
  assert.deepEqual(progress(), [])
  watch.create('a')
  assert.deepEqual(progress(), ['#-1 @1'])
  world.put('b')
  world.put('b')
  assert.deepEqual(progress(), ['#-1 @3'])
  watch.create('b', '', { startRevision: 2 })
  assert.deepEqual(progress(), [])
  world.clock.advance(100)
  assert.deepEqual(progress(), ['#-1 @3'])
  watch.create('a', '', { startRevision: 4 })
  assert.deepEqual(progress(), [])
  world.put('b')
  assert.deepEqual(progress(), ['#-1 @4'])
})

test('an empty request is ignored', () => {
  using world = new World()
  const watch = world.watch()
  watch.stream.handle(WatchRequest.create({}))
  assert.deepEqual(watch.take(), [])
})

test('progressNotify tells a quiet watch the revision at regular moments', () => {
  using world = new World({ watchProgressMs: 1000 })
  const watch = world.watch()
  world.clock.advance(300)
  watch.create('a', '', { progressNotify: true })
  watch.create('b')
  watch.create('c', '', { progressNotify: true, startRevision: 9 })
  watch.take()
  world.clock.advance(699)
  assert.deepEqual(watch.takeShort(), [])
  world.clock.advance(1)
  assert.deepEqual(watch.takeShort(), ['#0 @1'])
  world.put('a')
  world.put('x')
  watch.take()
  world.clock.advance(1000)
  assert.deepEqual(watch.takeShort(), [], 'an event makes up for the next')
  world.clock.advance(1000)
  assert.deepEqual(watch.takeShort(), ['#0 @3'])
  watch.stream.cancel(0)
  watch.stream.cancel(2)
  watch.take()
  world.clock.advance(5000)
  assert.deepEqual(watch.takeShort(), [])
  watch.create('a', '', { progressNotify: true })
  watch.take()
  world.clock.advance(1000)
  assert.deepEqual(watch.takeShort(), ['#3 @3'])
})

test('progressNotify waits up to a tenth longer', () => {
  using world = new World({ watchProgressMs: 1000, random: () => 0.5 })
  const watch = world.watch()
  watch.create('a', '', { progressNotify: true })
  watch.take()
  world.clock.advance(1049)
  assert.deepEqual(watch.takeShort(), [])
  world.clock.advance(1)
  assert.deepEqual(watch.takeShort(), ['#0 @1'])
})

test('stream.close ends all watchers, with no answers', () => {
  using world = new World({ watchBatchRevisions: 1 })
  world.put('a')
  world.put('a')
  const watch = world.watch()
  watch.create('a', '', { startRevision: 1, progressNotify: true })
  watch.create('a')
  watch.take()
  watch.stream.close()
  watch.stream.close()
  assert.equal(world.clock.waiting, 0)
  world.put('a')
  watch.create('a')
  watch.stream.refuse('no')
  watch.stream.cancel(0)
  watch.stream.progress()
  watch.stream.ready()
  world.clock.advance(3_600_000)
  assert.deepEqual(watch.take(), [])
})

test('store.close closes its watch streams, those to come too', () => {
  using world = new World()
  const before = world.watch()
  before.create('a', '', { progressNotify: true })
  world.store.close()
  const after = world.watch()
  after.create('a', '', { progressNotify: true })
  world.put('a')
  assert.deepEqual(before.takeShort(), ['#0 @1 created'])
  assert.deepEqual(after.takeShort(), [])
})

test('store.overtakeWatches ends watches as a compaction does: the id stays taken until it is cancelled', () => {
  using world = new World()
  const watch = world.watch()
  watch.create('a')
  watch.create('b', '', { watchId: 5, startRevision: 9 })
  world.put('x')
  world.compact(2)
  watch.take()
  world.store.overtakeWatches()
  world.store.overtakeWatches()
  assert.deepEqual(watch.takeShort(), ['#0 @0 canceled compacted 2', '#5 @0 canceled compacted 2'])
  world.put('a')
  watch.create('a', '', { watchId: 5 })
  assert.deepEqual(watch.takeShort(), [
    '#-1 @3 created canceled mvcc: duplicate watch ID provided on the WatchStream',
  ])
  watch.stream.cancel(5)
  watch.stream.cancel(5)
  watch.create('a', '', { watchId: 5 })
  world.put('a')
  assert.deepEqual(watch.takeShort(), ['#5 @3 canceled', '#5 @3 created', '#5 @4 put a= 4'])
})
