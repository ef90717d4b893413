import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EtcdError } from '@etcdkit/protocol'
import type { WatchEvent } from '../../../src/v3/watch/watch-event.ts'
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

const revisions = (events: readonly WatchEvent<string>[]): number[] =>
  events.map(({ revision }) => revision)

describe('watch', () => {
  it('asks for "now" and resolves ready with the revision of the server', async () => {
    const { etcd, transport } = scripted()
    const watch = etcd.watch('a')
    assert.equal(lastCreation(transport.last).startRevision, 0)
    await confirm(transport.last, 7)
    assert.equal(await watch.ready, 7)
    await etcd.close()
  })

  it('goes on from the revision after its creation when cut before the first event', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a')
    await confirm(transport.last, 7)
    await transport.last.fail(lost())
    await clock.advance(2)
    assert.equal(transport.streams.length, 2)
    assert.equal(lastCreation(transport.last).startRevision, 8)
    watch.cancel()
  })

  it('asks for "now" again when cut before it was made', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a')
    await transport.last.fail(lost())
    await clock.advance(2)
    assert.equal(lastCreation(transport.last).startRevision, 0)
    watch.cancel()
  })

  it('asks for its start again until the first event, whatever the header says', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a', { from: 3 })
    for (let round = 0; round < 3; round++) {
      assert.equal(lastCreation(transport.last).startRevision, 3)
      await confirm(transport.last, 3000 + round)
      await transport.last.fail(lost())
      await clock.advance(10)
    }
    assert.equal(transport.streams.length, 4)
    watch.cancel()
  })

  it('lessons 1.1, D1: goes on after the last event delivered, not after the header, in the middle of history', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a', { from: 1 })
    const events = watch[Symbol.asyncIterator]()
    let watchId = await confirm(transport.last, 3001)
    await transport.last.push({ watchId, header: { revision: 3001 }, events: puts(2, 3, 4) })
    await transport.last.fail(lost())
    await clock.advance(2)
    assert.equal(lastCreation(transport.last).startRevision, 5)
    watchId = await confirm(transport.last, 3001)
    await transport.last.fail(lost())
    await clock.advance(2)
    assert.equal(lastCreation(transport.last).startRevision, 5)
    watchId = await confirm(transport.last, 3001)
    await transport.last.push({ watchId, header: { revision: 3001 }, events: puts(5, 6) })
    assert.deepEqual(revisions(await take(events, 5)), [2, 3, 4, 5, 6])
    watch.cancel()
  })

  it('drops events it has delivered before', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a', { from: 1 })
    const events = watch[Symbol.asyncIterator]()
    let watchId = await confirm(transport.last, 4)
    await transport.last.push({ watchId, header: { revision: 4 }, events: puts(2, 3) })
    await transport.last.fail(lost())
    await clock.advance(2)
    watchId = await confirm(transport.last, 4)
    await transport.last.push({ watchId, header: { revision: 4 }, events: puts(2, 3, 4) })
    assert.deepEqual(revisions(await take(events, 3)), [2, 3, 4])
    watch.cancel()
  })

  it('goes on after the revision of its own progress notification', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a', { progressNotify: true })
    const watchId = await confirm(transport.last, 7)
    await transport.last.push({ watchId, header: { revision: 20 } })
    await transport.last.fail(lost())
    await clock.advance(2)
    assert.equal(lastCreation(transport.last).startRevision, 21)
    watch.cancel()
  })

  it('goes on after the revision of a notification that nobody asked for, and does not tell of it', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a')
    const batches = watch.batches()
    let watchId = await confirm(transport.last, 7)
    await transport.last.push({ watchId, header: { revision: 20 } })
    await transport.last.fail(lost())
    await clock.advance(2)
    assert.equal(lastCreation(transport.last).startRevision, 21)
    watchId = await confirm(transport.last, 22)
    await transport.last.push({ watchId, header: { revision: 22 }, events: puts(22) })
    assert.equal((await take(batches, 1))[0]?.kind, 'events')
    watch.cancel()
  })

  it('lessons D23: keeps a start in the future through progress notifications', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a', { from: 100, progressNotify: true })
    const watchId = await confirm(transport.last, 7)
    await transport.last.push({ watchId, header: { revision: 20 } })
    await transport.last.fail(lost())
    await clock.advance(2)
    assert.equal(lastCreation(transport.last).startRevision, 100)
    watch.cancel()
  })

  it('does not go on from an answer to requestProgress, which may have overtaken events', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a')
    const batches = watch.batches()
    await confirm(transport.last, 7)
    watch.requestProgress()
    assert.ok(transport.last.sent.at(-1)?.progressRequest)
    await transport.last.push({ watchId: -1, header: { revision: 20 } })
    const [batch] = await take(batches, 1)
    assert.deepEqual(batch, { kind: 'progress', events: [], revision: 20, storeRevision: 20 })
    await transport.last.fail(lost())
    await clock.advance(2)
    assert.equal(lastCreation(transport.last).startRevision, 8)
    watch.cancel()
  })

  it('resolves ready once, with the first revision', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a')
    await confirm(transport.last, 7)
    await transport.last.fail(lost())
    await clock.advance(2)
    await confirm(transport.last, 9)
    assert.equal(await watch.ready, 7)
    watch.cancel()
  })

  it('takes a stream that the server ended with OK for a broken one', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a')
    await confirm(transport.last, 7)
    await transport.last.finish()
    await clock.advance(2)
    assert.equal(lastCreation(transport.last).startRevision, 8)
    watch.cancel()
  })

  it('opens a stream again after ever longer pauses, up to about a second', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a')
    await confirm(transport.last, 7)
    clock.delays.length = 0
    for (let failures = 0; failures < 30; failures++) {
      await transport.last.fail(lost())
      await clock.advance(1300)
      assert.equal(transport.streams.length, failures + 2)
    }
    const reopened = clock.delays
    assert.ok((reopened[0] ?? 0) <= 1.25)
    // Each of these streams lived long enough to be called working.
    assert.ok(Math.max(...reopened) <= 1.25)
    watch.cancel()
  })

  it('waits longer and longer for streams that break at once', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a')
    await confirm(transport.last, 7)
    clock.delays.length = 0
    for (let failures = 0; failures < 30; failures++) {
      await transport.last.fail(lost())
      await clock.advance(clock.delays.at(-1) ?? 0)
    }
    assert.ok((clock.delays[0] ?? 0) <= 1.25)
    assert.ok((clock.delays[5] ?? 0) > 1.25)
    assert.ok(clock.delays.slice(-5).every((delay) => delay >= 750 && delay <= 1250))
    watch.cancel()
  })

  it('does not wait long after a stream that told something', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a', { from: 1 })
    clock.delays.length = 0
    for (let revision = 2; revision < 30; revision++) {
      const watchId = await confirm(transport.last, 50)
      await transport.last.push({ watchId, header: { revision: 50 }, events: puts(revision) })
      await transport.last.fail(lost())
      await clock.advance(2)
    }
    assert.ok(clock.delays.every((delay) => delay <= 1.25))
    watch.cancel()
  })

  for (const code of ['permission-denied', 'unauthenticated', 'unimplemented', 'closed'] as const) {
    it(`ends all watches of a stream that is refused with ${code}`, async () => {
      const { etcd, transport, clock } = scripted()
      const watches = [etcd.watch('a'), etcd.watch('b')]
      await transport.last.fail(new EtcdError('no', { code }))
      for (const watch of watches) {
        await assert.rejects(watch.ready, { code })
        await assert.rejects(watch[Symbol.asyncIterator]().next(), { code, name: 'EtcdError' })
      }
      await clock.advance(10_000)
      assert.equal(transport.streams.length, 1)
      assert.equal(clock.pending, 0)
    })
  }

  it('is given up with the reason of the last stream when it is not made in time', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a', { timeoutMs: 3000 })
    await transport.last.fail(new EtcdError('connection refused', { code: 'tcp-failed' }))
    await clock.advance(3100)
    await assert.rejects(watch.ready, {
      code: 'tcp-failed',
      message: 'Cannot watch "a": connection refused',
    })
    assert.equal(clock.pending, 0)
  })

  it('is given up with the reason of the first stream that breaks when its time is up', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a', { timeoutMs: 3000 })
    await clock.advance(3000)
    await transport.last.fail(new EtcdError('connection refused', { code: 'tcp-failed' }))
    await assert.rejects(watch.ready, { code: 'tcp-failed' })
    assert.equal(clock.pending, 0)
  })

  it('is given up when a silent server does not make it in time', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a')
    await clock.advance(5100)
    await assert.rejects(watch.ready, { code: 'deadline-exceeded' })
    await assert.rejects(watch.batches().next(), { code: 'deadline-exceeded' })
    assert.equal(transport.last.canceled, true)
  })

  it('outlives any outage once it was made', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a')
    const events = watch[Symbol.asyncIterator]()
    await confirm(transport.last, 7)
    for (let minute = 0; minute < 10; minute++) {
      await transport.last.fail(lost())
      await clock.advance(60_000)
    }
    const watchId = await confirm(transport.last, 9)
    await transport.last.push({ watchId, header: { revision: 9 }, events: puts(8) })
    assert.deepEqual(revisions(await take(events, 1)), [8])
    watch.cancel()
  })
})

describe('watch with fragments', () => {
  it('delivers a revision that was cut into fragments as one batch', async () => {
    const { etcd, transport } = scripted()
    const watch = etcd.watch('a', { from: 1 })
    const batches = watch.batches()
    const watchId = await confirm(transport.last, 9)
    const header = { revision: 9 }
    const first = [put('a', 2), put('a', 5), put('b', 5)]
    await transport.last.push({ watchId, header, events: first, fragment: true })
    await transport.last.push({ watchId, header, events: [put('c', 5)], fragment: true })
    await transport.last.push({ watchId, header, events: [put('d', 5), put('a', 6)] })
    const [early, late] = await take(batches, 2)
    assert.deepEqual(
      early?.events.map(({ key }) => key),
      ['a'],
    )
    assert.deepEqual([early?.revision, early?.storeRevision], [2, 9])
    assert.deepEqual(
      late?.events.map(({ key }) => key),
      ['a', 'b', 'c', 'd', 'a'],
    )
    assert.deepEqual([late?.revision, late?.storeRevision], [6, 9])
    watch.cancel()
  })

  it('asks for the whole revision again when cut between its fragments', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a', { from: 1 })
    const batches = watch.batches()
    let watchId = await confirm(transport.last, 9)
    const events = [put('a', 2), put('a', 5), put('b', 5)]
    await transport.last.push({ watchId, header: { revision: 9 }, events, fragment: true })
    await transport.last.fail(lost())
    await clock.advance(2)
    assert.equal(lastCreation(transport.last).startRevision, 3)
    watchId = await confirm(transport.last, 9)
    await transport.last.push({ watchId, header: { revision: 9 }, events: events.slice(1) })
    const [early, late] = await take(batches, 2)
    assert.deepEqual(
      early?.events.map(({ revision }) => revision),
      [2],
    )
    assert.deepEqual(
      late?.events.map(({ key }) => key),
      ['a', 'b'],
    )
    watch.cancel()
  })
})

describe('watches of one client', () => {
  it('share a stream, and are all made again on the next one', async () => {
    const { etcd, transport, clock } = scripted()
    const watches = ['a', 'b', 'c'].map((key) => etcd.watch(key))
    await confirm(transport.last, 5)
    assert.equal(creations(transport.last).length, 3)
    for (const { watchId } of creations(transport.last).slice(1)) {
      await transport.last.push({ watchId, created: true, header: { revision: 6 } })
    }
    await transport.last.fail(lost())
    await clock.advance(2)
    await confirm(transport.last, 8)
    const made = creations(transport.last)
    assert.deepEqual(
      made.map(({ key, startRevision }) => [new TextDecoder().decode(key), startRevision]),
      [
        ['a', 6],
        ['b', 7],
        ['c', 7],
      ],
    )
    assert.equal(transport.streams.length, 2)
    for (const watch of watches) watch.cancel()
    // The last to leave closes the stream, and everything with it; of the others only the first was made.
    assert.deepEqual(cancellations(transport.last), [made[0]?.watchId])
    assert.equal(transport.last.canceled, true)
  })

  it('lessons D27: never use an id twice, not even on another stream', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a')
    const ids = new Set<number>()
    for (let round = 0; round < 5; round++) {
      ids.add(await confirm(transport.last, 5))
      await transport.last.fail(lost())
      await clock.advance(10)
    }
    assert.equal(ids.size, 5)
    watch.cancel()
  })

  it('have streams of their own where their stream options differ', async () => {
    const { etcd, transport } = scripted()
    const watches = [
      etcd.watch('a'),
      etcd.watch('b', { requireLeader: true }),
      etcd.watch('c', { requireLeader: false }),
      etcd.watch('d', { headers: { tenant: 'x' } }),
    ]
    assert.equal(transport.streams.length, 3)
    assert.deepEqual(
      transport.streams.map(({ options }) => options?.requireLeader),
      [true, false, true],
    )
    for (const watch of watches) watch.cancel()
  })

  it('have a stream each where a stream cannot go on sending', async () => {
    const { etcd, transport } = scripted({ fullDuplex: false })
    const watches = [etcd.watch('a'), etcd.watch('b')]
    assert.equal(transport.streams.length, 2)
    for (const watch of watches) watch.cancel()
    assert.ok(transport.streams.every(({ canceled }) => canceled))
  })
})
