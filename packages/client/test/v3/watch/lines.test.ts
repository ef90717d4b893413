import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EtcdError } from '@etcdkit/protocol'
import { flush } from '../support/manual-clock.ts'
import { scripted } from '../support/scripted.ts'
import type { ScriptedStream } from '../support/scripted-transport.ts'
import {
  cancellations,
  confirm,
  creations,
  lastCreation,
  lost,
  puts,
} from '../support/watch-server.ts'

const invalid = 'rpc error: code = Unauthenticated desc = etcdserver: invalid auth token'
const outdated =
  'rpc error: code = InvalidArgument desc = etcdserver: revision of auth store is old'
const empty = 'rpc error: code = InvalidArgument desc = etcdserver: user name is empty'
const tooMany = 'rpc error: code = ResourceExhausted desc = etcdserver: too many requests'

/** Refuses the oldest watch asked for that is not answered. */
const refuse = (stream: ScriptedStream, cancelReason: string): Promise<void> =>
  stream.push({ watchId: -1, created: true, canceled: true, cancelReason })

/** Refuses, or makes, watches in the order in which they were asked for, whoever asks, until nobody does. */
async function serve(streams: readonly ScriptedStream[], limit: number): Promise<void> {
  const answered = new Map<ScriptedStream, number>()
  for (let round = 0; round < 200; round++) {
    for (const stream of streams) {
      const next = answered.get(stream) ?? 0
      const creation = creations(stream)[next]
      if (creation === undefined || stream.isOver) continue
      answered.set(stream, next + 1)
      if (next >= limit) await refuse(stream, tooMany)
      else {
        const { watchId } = creation
        await stream.push({ watchId, created: true, header: { revision: 5 } })
      }
    }
  }
}

const keysOn = (stream: ScriptedStream): string[] =>
  creations(stream).map(({ key }) => new TextDecoder().decode(key))

describe('watches that are refused for the token of their stream', () => {
  for (const reason of [invalid, outdated, empty]) {
    it(`lessons 1.3, 1.4, D8: go on a stream with another one: ${reason.split(': ').at(-1)}`, async () => {
      const { etcd, transport } = scripted()
      transport.renewsToken = true
      const kept = etcd.watch('kept')
      await confirm(transport.last, 5)
      const [first] = transport.streams
      assert.ok(first)
      const watches = [etcd.watch('a', { from: 3 }), etcd.watch('b')]
      await refuse(first, reason)
      await refuse(first, reason)
      assert.equal(transport.tokenRenewals, 1)
      assert.equal(transport.streams.length, 2)
      assert.equal(lastCreation(transport.last).startRevision, 3)
      await confirm(transport.last, 7)
      await confirm(transport.last, 8)
      assert.deepEqual(await Promise.all(watches.map(({ ready }) => ready)), [7, 8])
      // New ones go where the token is good; what was made before stays, and is told on.
      const late = etcd.watch('late')
      assert.deepEqual(keysOn(transport.last), ['a', 'b', 'late'])
      const [{ watchId } = { watchId: 0 }] = creations(first)
      await first.push({ watchId, header: { revision: 9 }, events: puts(9) })
      assert.equal((await kept.batches().next()).value?.revision, 9)
      for (const watch of [kept, late, ...watches]) watch.cancel()
      assert.ok(transport.streams.every(({ canceled }) => canceled))
    })
  }

  it('fail with what the server said where no other can be had', async () => {
    const { etcd, transport, clock } = scripted()
    const watches = [etcd.watch('a'), etcd.watch('b')]
    await refuse(transport.last, invalid)
    await refuse(transport.last, outdated)
    const [first, second] = watches
    await assert.rejects(first?.ready ?? Promise.resolve(), {
      code: 'invalid-auth-token',
      message: 'Cannot watch "a": invalid auth token',
    })
    await assert.rejects(second?.batches().next() ?? Promise.resolve(), {
      code: 'auth-old-revision',
    })
    assert.equal(clock.pending, 0)
  })

  it('are tried again six times in a row, for longer than a second, and then fail', async () => {
    const { etcd, transport, clock } = scripted()
    transport.renewsToken = true
    const watch = etcd.watch('a', { timeoutMs: 0 })
    for (let refusals = 1; refusals <= 6; refusals++) {
      await refuse(transport.last, invalid)
      await clock.advance(900)
      assert.equal(transport.streams.length, refusals + 1)
    }
    // A transport takes a token for good that is half a second old.
    assert.ok(clock.delays.reduce((sum, delay) => sum + delay, 0) > 1000)
    await confirm(transport.last, 5)
    // It was made, so that it begins to count anew.
    await transport.last.fail(lost())
    await clock.advance(10)
    for (let refusals = 1; refusals <= 7; refusals++) {
      await refuse(transport.last, invalid)
      await clock.advance(900)
    }
    await assert.rejects(watch.batches().next(), { code: 'invalid-auth-token' })
    assert.equal(clock.pending, 0)
  })

  it('are canceled while they wait, and nothing is left', async () => {
    const { etcd, transport, clock } = scripted()
    transport.renewsToken = true
    const watch = etcd.watch('a', { timeoutMs: 0 })
    for (let refusals = 1; refusals <= 2; refusals++) await refuse(transport.last, invalid)
    assert.equal(clock.pending, 1)
    watch.cancel()
    assert.equal(clock.pending, 0)
  })

  it('go on when the stream itself is refused', async () => {
    const { etcd, transport, clock } = scripted()
    transport.renewsToken = true
    const watches = [etcd.watch('a', { from: 2 }), etcd.watch('b')]
    await transport.last.fail(new EtcdError('no', { code: 'invalid-auth-token' }))
    await clock.advance(2)
    assert.equal(transport.tokenRenewals, 1)
    await confirm(transport.last, 5)
    await confirm(transport.last, 5)
    assert.equal(await watches[1]?.ready, 5)
    for (const watch of watches) watch.cancel()
  })

  it('fail when the stream itself is refused seven times in a row', async () => {
    const { etcd, transport, clock } = scripted()
    transport.renewsToken = true
    const watch = etcd.watch('a')
    for (let refusals = 1; refusals <= 7; refusals++) {
      assert.equal(transport.streams.length, refusals)
      await transport.last.fail(new EtcdError('no', { code: 'auth-old-revision' }))
      await clock.advance(900)
    }
    await assert.rejects(watch.ready, { code: 'auth-old-revision' })
    assert.equal(clock.pending, 0)
  })
})

describe('a server that limits the watches of a stream', () => {
  it('gets as many streams as the watches need', async () => {
    const { etcd, transport } = scripted()
    const watches = Array.from({ length: 10 }, (_, n) => etcd.watch(`k${n}`))
    await serve(transport.streams, 4)
    await Promise.all(watches.map(({ ready }) => ready))
    assert.equal(transport.streams.length, 3)
    const perStream = transport.streams.map((stream) => keysOn(stream).slice(0, 4))
    assert.equal(new Set(perStream.flat()).size, 10)
    // Room that is left is used.
    watches[0]?.cancel()
    const late = etcd.watch('late')
    assert.equal(transport.streams.length, 3)
    for (const watch of [...watches, late]) watch.cancel()
    assert.ok(transport.streams.every(({ canceled }) => canceled))
  })

  it('that takes none at all is tried again after pauses, and the watch fails when its time is up', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a', { timeoutMs: 1000 })
    for (let attempts = 1; attempts <= 5; attempts++) {
      assert.equal(transport.streams.length, attempts)
      await refuse(transport.last, tooMany)
      assert.equal(transport.last.canceled, true)
      await clock.advance(clock.delays.at(-1) ?? 0)
    }
    await clock.advance(1100)
    await assert.rejects(watch.ready, { code: 'too-many-requests' })
    assert.equal(clock.pending, 0)
  })
})

describe('a server that errs', () => {
  it('loses its stream when it tells of any number of watches that nobody asked for', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a')
    await confirm(transport.last, 5)
    const [stream] = transport.streams
    for (let watchId = 1; watchId <= 1001; watchId++) {
      void stream?.push({ watchId, header: { revision: 9 }, events: puts(9) })
    }
    await flush()
    assert.equal(stream && cancellations(stream).length, 1000)
    assert.equal(stream?.canceled, true)
    await clock.advance(2)
    assert.equal(lastCreation(transport.last).startRevision, 6)
    watch.cancel()
  })
})
