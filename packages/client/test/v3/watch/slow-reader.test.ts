import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { flush } from '../support/manual-clock.ts'
import { scripted } from '../support/scripted.ts'
import {
  cancellations,
  confirm,
  creations,
  lastCreation,
  lost,
  put,
  puts,
  take,
} from '../support/watch-server.ts'

// An event takes a little over 200 bytes.
const highWaterBytes = 1000

describe('a watch that is read slowly', () => {
  it('is ended on the server above its high-water mark, and goes on when half is read', async () => {
    const { etcd, transport } = scripted()
    const fast = etcd.watch('fast')
    const slow = etcd.watch('slow', { from: 1, highWaterBytes })
    const stream = transport.last
    await confirm(stream, 20)
    const watchId = await confirm(stream, 20)
    await stream.push({ watchId, header: { revision: 20 }, events: puts(2, 3) })
    assert.deepEqual(cancellations(stream), [])
    await stream.push({ watchId, header: { revision: 20 }, events: puts(4, 5, 6) })
    assert.deepEqual(cancellations(stream), [watchId])
    // What was on its way is not for anybody any more, and not worth another cancel.
    await stream.push({ watchId, header: { revision: 20 }, events: puts(7, 8, 9) })
    await stream.push({ watchId, canceled: true, header: { revision: 20 } })
    assert.deepEqual(cancellations(stream), [watchId])

    const batches = slow.batches()
    const read = await take(batches, 1)
    assert.equal(creations(stream).length, 2)
    read.push(...(await take(batches, 1)))
    assert.equal(lastCreation(stream).startRevision, 7)
    const again = await confirm(stream, 20)
    assert.notEqual(again, watchId)
    await stream.push({ watchId: again, header: { revision: 20 }, events: puts(7, 8) })
    read.push(...(await take(batches, 1)))
    assert.deepEqual(
      read.flatMap(({ events }) => events.map(({ revision }) => revision)),
      [2, 3, 4, 5, 6, 7, 8],
    )
    fast.cancel()
    slow.cancel()
    assert.equal(transport.streams.length, 1)
    assert.equal(stream.canceled, true)
  })

  it('is bounded when nobody reads it at all', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a', { from: 1, highWaterBytes })
    const watchId = await confirm(transport.last, 20)
    await transport.last.push({ watchId, header: { revision: 20 }, events: puts(2, 3, 4, 5, 6) })
    // It was the only one: there is nothing to keep a stream for.
    assert.equal(transport.last.canceled, true)
    await clock.advance(3_600_000)
    assert.equal(transport.streams.length, 1)
    assert.equal(clock.pending, 0)
    watch.cancel()
  })

  it('opens a stream when it goes on as the only one', async () => {
    const { etcd, transport } = scripted()
    const watch = etcd.watch('a', { from: 1, highWaterBytes })
    const watchId = await confirm(transport.last, 20)
    await transport.last.push({ watchId, header: { revision: 20 }, events: puts(2, 3, 4, 5, 6) })
    await take(watch[Symbol.asyncIterator](), 1)
    assert.equal(transport.streams.length, 2)
    assert.equal(lastCreation(transport.last).startRevision, 7)
    watch.cancel()
  })

  it('is not troubled by the end of the stream it left, when it goes on at that very moment', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a', { from: 1, highWaterBytes })
    const iterator = watch[Symbol.asyncIterator]()
    const left = transport.last
    const cancel = left.cancel.bind(left)
    left.cancel = () => {
      cancel()
      void iterator.next()
    }
    const watchId = await confirm(left, 20)
    await left.push({ watchId, header: { revision: 20 }, events: puts(2, 3, 4, 5, 6) })
    await clock.advance(100)
    assert.equal(transport.streams.length, 2)
    assert.equal(lastCreation(transport.last).startRevision, 7)
    watch.cancel()
  })

  it('drops the fragments of a revision it asks for again', async () => {
    const { etcd, transport } = scripted()
    const watch = etcd.watch('a', { from: 1, highWaterBytes })
    const header = { revision: 20 }
    const events = [...puts(2, 3, 4, 5, 6), put('a', 7)]
    let watchId = await confirm(transport.last, 20)
    await transport.last.push({ watchId, header, events, fragment: true })
    const iterator = watch[Symbol.asyncIterator]()
    await take(iterator, 5)
    assert.equal(lastCreation(transport.last).startRevision, 7)
    watchId = await confirm(transport.last, 20)
    await transport.last.push({ watchId, header, events: [put('a', 7), put('b', 7)] })
    assert.deepEqual(
      (await take(iterator, 2)).map(({ key, revision }) => [key, revision]),
      [
        ['a', 7],
        ['b', 7],
      ],
    )
    watch.cancel()
  })

  it('is not asked for again by a broken stream while it is full', async () => {
    const { etcd, transport, clock } = scripted()
    const other = etcd.watch('other')
    const slow = etcd.watch('slow', { from: 1, highWaterBytes })
    await confirm(transport.last, 20)
    const watchId = await confirm(transport.last, 20)
    await transport.last.push({ watchId, header: { revision: 20 }, events: puts(2, 3, 4, 5, 6) })
    await transport.last.fail(lost())
    await clock.advance(2)
    assert.equal(creations(transport.last).length, 1)
    await confirm(transport.last, 20)
    await take(slow.batches(), 1)
    assert.equal(lastCreation(transport.last).startRevision, 7)
    other.cancel()
    slow.cancel()
  })

  it('tells compaction after what waits, when it was overtaken', async () => {
    const { etcd, transport } = scripted()
    const watch = etcd.watch('a', { from: 1, highWaterBytes })
    let watchId = await confirm(transport.last, 20)
    await transport.last.push({ watchId, header: { revision: 20 }, events: puts(2, 3, 4, 5, 6) })
    const iterator = watch[Symbol.asyncIterator]()
    const first = await iterator.next()
    watchId = await confirm(transport.last, 30)
    await transport.last.push({ watchId, canceled: true, compactRevision: 25 })
    assert.equal(first.value?.revision, 2)
    assert.equal((await take(iterator, 4)).at(-1)?.revision, 6)
    await assert.rejects(iterator.next(), { name: 'CompactedError', compactRevision: 25 })
    assert.deepEqual(await iterator.next(), { done: true, value: undefined })
  })

  it('keeps one progress notification of many', async () => {
    const { etcd, transport } = scripted()
    const watch = etcd.watch('a', { progressNotify: true })
    const watchId = await confirm(transport.last, 5)
    for (let revision = 6; revision < 100; revision++) {
      await transport.last.push({ watchId, header: { revision } })
    }
    const batches = watch.batches()
    assert.deepEqual(
      (await take(batches, 1)).map(({ kind, revision }) => [kind, revision]),
      [['progress', 99]],
    )
    watch.cancel()
    await flush()
  })
})
