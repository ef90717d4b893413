import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Watch } from '../../../src/v3/watch/watch.ts'
import type { WatchBatch } from '../../../src/v3/watch/watch-event.ts'
import { flush } from '../support/manual-clock.ts'
import { scripted } from '../support/scripted.ts'
import {
  cancellations,
  confirm,
  creations,
  lastCreation,
  puts,
  take,
} from '../support/watch-server.ts'

const permissionDenied = 'rpc error: code = PermissionDenied desc = etcdserver: permission denied'

function iteratorOf(watch: Watch<string> | undefined): AsyncIterator<WatchBatch<string>> {
  assert.ok(watch)
  return watch.batches()
}

describe('the creation of watches', () => {
  it('sends the first alone, and the rest at once when the server takes the ids asked for', async () => {
    const { etcd, transport } = scripted()
    const watches = Array.from({ length: 100 }, (_, index) => etcd.watch(`k${index}`))
    assert.equal(creations(transport.last).length, 1)
    await confirm(transport.last, 5)
    assert.equal(creations(transport.last).length, 100)
    for (const watch of watches) watch.cancel()
  })

  it('goes one by one with a server that chooses the ids itself', async () => {
    const { etcd, transport } = scripted()
    const watches = ['a', 'b', 'c'].map((key) => etcd.watch(key))
    const iterators = watches.map((watch) => watch[Symbol.asyncIterator]())
    for (const watchId of [0, 1, 2]) {
      assert.equal(creations(transport.last).length, watchId + 1)
      await transport.last.push({ watchId, created: true, header: { revision: 5 } })
    }
    for (const watchId of [2, 0, 1]) {
      await transport.last.push({ watchId, header: { revision: 9 }, events: puts(6 + watchId) })
    }
    for (const [index, iterator] of iterators.entries()) {
      assert.equal((await take(iterator, 1))[0]?.revision, 6 + index)
    }
    for (const watch of watches) watch.cancel()
  })

  it('matches answers that come out of order by their ids', async () => {
    const { etcd, transport } = scripted()
    const watches = ['a', 'b', 'c'].map((key) => etcd.watch(key))
    await confirm(transport.last, 5)
    const ids = creations(transport.last).map(({ watchId }) => watchId)
    for (const watchId of [ids[2], ids[1]]) {
      await transport.last.push({ watchId, created: true, header: { revision: 6 } })
    }
    await transport.last.push({ watchId: ids[1], header: { revision: 9 }, events: puts(7) })
    assert.equal((await take(iteratorOf(watches[1]), 1))[0]?.revision, 7)
    for (const watch of watches) watch.cancel()
  })

  it('lessons D2: ends the oldest unanswered watch alone when one is refused with the id -1', async () => {
    const { etcd, transport } = scripted()
    const watches = ['a', 'b', 'c', 'd'].map((key) => etcd.watch(key))
    await confirm(transport.last, 5)
    const ids = creations(transport.last).map(({ watchId }) => watchId)
    const refusal = { created: true, canceled: true, cancelReason: permissionDenied }
    await transport.last.push({ watchId: -1, ...refusal })
    // As some versions do it.
    await transport.last.push({ watchId: ids[2], ...refusal })
    await transport.last.push({ watchId: ids[3], created: true, header: { revision: 6 } })
    assert.equal(await watches[0]?.ready, 5)
    for (const watch of watches.slice(1, 3)) {
      await assert.rejects(watch.ready, {
        code: 'permission-denied',
        message: /^Cannot watch "[bc]": permission denied$/,
      })
    }
    assert.equal(await watches[3]?.ready, 6)
    for (const watch of watches) watch.cancel()
  })

  it('lessons D2: goes on when the first on a stream is refused', async () => {
    const { etcd, transport } = scripted()
    const refused = etcd.watch('a')
    const second = etcd.watch('b')
    const reason = 'mvcc: watcher range is empty'
    await transport.last.push({ watchId: -1, created: true, canceled: true, cancelReason: reason })
    await confirm(transport.last, 5)
    await assert.rejects(refused.ready, { code: 'empty-watch-range' })
    assert.equal(await second.ready, 5)
    second.cancel()
  })

  it('lessons 1.12, D12: throws CompactedError with the revision when the start is compacted', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a', { from: 2 })
    const watchId = await confirm(transport.last, 30)
    await transport.last.push({ watchId, canceled: true, compactRevision: 25 })
    await assert.rejects(watch[Symbol.asyncIterator]().next(), {
      name: 'CompactedError',
      code: 'compacted',
      compactRevision: 25,
      message: 'Cannot watch "a": required revision has been compacted',
    })
    await clock.advance(60_000)
    assert.equal(transport.streams.length, 1)
    assert.equal(transport.last.canceled, true)
  })

  it('lessons D12: throws what the server says when it ends a watch', async () => {
    const { etcd, transport } = scripted()
    const watches = [etcd.watch('a'), etcd.watch('b')]
    const ids = [await confirm(transport.last, 5)]
    ids.push(await confirm(transport.last, 5))
    await transport.last.push({ watchId: ids[0], canceled: true })
    await transport.last.push({
      watchId: ids[1],
      canceled: true,
      cancelReason: 'etcdserver: no leader',
    })
    await assert.rejects(iteratorOf(watches[0]).next(), { code: 'watch-canceled' })
    await assert.rejects(iteratorOf(watches[1]).next(), { code: 'no-leader' })
  })

  it('lessons D27: cancels ids nobody knows, each once', async () => {
    const { etcd, transport } = scripted()
    const watch = etcd.watch('a')
    await confirm(transport.last, 5)
    for (let round = 0; round < 3; round++) {
      await transport.last.push({ watchId: 77, header: { revision: 9 }, events: puts(9) })
    }
    assert.deepEqual(cancellations(transport.last), [77])
    await transport.last.push({ watchId: 77, canceled: true, header: { revision: 9 } })
    watch.cancel()
  })

  it('asks for everything an option says', async () => {
    const { etcd, transport } = scripted()
    const watches = [
      etcd.watch('a'),
      etcd.watch('a', { previous: true, only: 'put', progressNotify: true, fragment: false }),
      etcd.watch('a', { only: 'delete', from: 9 }),
    ]
    await confirm(transport.last, 5)
    assert.deepEqual(
      creations(transport.last).map(({ key: _, rangeEnd: __, watchId: ___, ...rest }) => rest),
      [
        { startRevision: 0, progressNotify: true, filters: [], prevKv: false, fragment: false },
        { startRevision: 0, progressNotify: true, filters: [1], prevKv: true, fragment: false },
        { startRevision: 9, progressNotify: true, filters: [0], prevKv: false, fragment: false },
      ],
    )
    for (const watch of watches) watch.cancel()
  })

  it('keeps its own copy of a key', async () => {
    const { etcd, transport } = scripted()
    const key = new Uint8Array([1, 2])
    const first = etcd.watch('x')
    const watch = etcd.watch(key)
    key[0] = 9
    await confirm(transport.last, 5)
    assert.deepEqual([...lastCreation(transport.last).key], [1, 2])
    first.cancel()
    watch.cancel()
  })
})

describe('watch.requestProgress', () => {
  it('is answered to those who asked, and asked again where the stream broke', async () => {
    const { etcd, transport } = scripted()
    const asking = etcd.watch('a')
    const silent = etcd.watch('b')
    asking.requestProgress()
    await confirm(transport.last, 5)
    await confirm(transport.last, 5)
    const requests = transport.last.sent.filter(({ progressRequest }) => progressRequest)
    assert.equal(requests.length, 1)
    await transport.last.push({ watchId: -1, header: { revision: 6 } })
    const [batch] = await take(asking.batches(), 1)
    assert.equal(batch?.revision, 6)
    const told = silent.batches().next()
    const nothing = flush().then(() => 'nothing')
    assert.equal(await Promise.race([told, nothing]), 'nothing')
    asking.cancel()
    silent.cancel()
  })

  it('is asked again when the answer may be older than a watch that is catching up', async () => {
    const { etcd, transport } = scripted()
    const first = etcd.watch('a')
    await confirm(transport.last, 10)
    first.requestProgress()
    const watch = etcd.watch('b', { from: 5 })
    watch.requestProgress()
    const batches = watch.batches()
    const requests = (): number =>
      transport.last.sent.filter(({ progressRequest }) => progressRequest).length
    const watchId = await confirm(transport.last, 12)
    assert.equal(requests(), 2)
    // To the first request: the server knew nothing of the second watch.
    await transport.last.push({ watchId: -1, header: { revision: 12 } })
    assert.equal(requests(), 3)
    await transport.last.push({ watchId, header: { revision: 12 }, events: puts(7) })
    await transport.last.push({ watchId: -1, header: { revision: 12 } })
    const told = await take(batches, 2)
    assert.deepEqual(
      told.map(({ kind, revision }) => [kind, revision]),
      [
        ['events', 7],
        ['progress', 12],
      ],
    )
    first.cancel()
    watch.cancel()
  })

  it('is believed at once when it is newer than the watch, or the watch does not catch up', async () => {
    const { etcd, transport } = scripted()
    const first = etcd.watch('a')
    await confirm(transport.last, 10)
    first.requestProgress()
    const behind = etcd.watch('b', { from: 5 })
    behind.requestProgress()
    await confirm(transport.last, 12)
    const present = etcd.watch('c')
    present.requestProgress()
    await confirm(transport.last, 12)
    await transport.last.push({ watchId: -1, header: { revision: 12 } })
    assert.equal((await take(present.batches(), 1))[0]?.revision, 12)
    await transport.last.push({ watchId: -1, header: { revision: 13 } })
    assert.equal((await take(behind.batches(), 1))[0]?.revision, 13)
    for (const watch of [first, behind, present]) watch.cancel()
  })

  it('is believed in the end on a store where nothing happens', async () => {
    const { etcd, transport } = scripted()
    const first = etcd.watch('a')
    await confirm(transport.last, 10)
    for (let n = 0; n < 3; n++) first.requestProgress()
    const watch = etcd.watch('b', { from: 5 })
    watch.requestProgress()
    await confirm(transport.last, 10)
    for (let n = 0; n < 4; n++) await transport.last.push({ watchId: -1, header: { revision: 10 } })
    assert.equal((await take(watch.batches(), 1))[0]?.revision, 10)
    first.cancel()
    watch.cancel()
  })
})
