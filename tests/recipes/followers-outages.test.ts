// Those who follow, through cuts, outages and compaction: nothing is missed, and nothing is told twice.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Watch } from '@etcdkit/server'
import { type Cache, type CoordinatedClient, cache, everything, json, live, prefix } from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { ManualWorld } from './support/manual-world.ts'

async function observed(etcd: CoordinatedClient): Promise<(string | undefined)[]> {
  const told: (string | undefined)[] = []
  void (async () => {
    for await (const leader of etcd.election('a').observe()) told.push(leader?.value)
  })().catch(() => undefined)
  return told
}

function shown(known: Cache<string>): string {
  return known
    .list()
    .map(({ key, value }) => `${key}=${value}`)
    .join()
}

describe('followers through outages', () => {
  failOnLeaks()

  it('election.observe tells every leader in order, across cuts and while no watch can be made', async () => {
    await using world = new ManualWorld()
    const [etcd, watcher] = [world.connect(), world.connect()]
    const told = await observed(watcher)
    {
      using _ = world.server.faults.refuse({ code: 'no-leader', method: Watch.watch })
      await world.advance(12_000)
      const first = await etcd.election('a').campaign('one')
      await first.proclaim('one again')
      await first.resign()
      await world.advance(1000)
    }
    await world.advance(3000)
    assert.deepEqual(told, [undefined, 'one', 'one again', undefined])
    world.server.faults.cut()
    const second = await etcd.election('a').campaign('two')
    world.server.faults.endStreams({ method: Watch.watch, code: 'no-leader' })
    await second.proclaim('two again')
    await world.advance(3000)
    assert.deepEqual(told.slice(4), ['two', 'two again'])
    await second.resign()
    await world.settle()
    assert.deepEqual(told.slice(6), [undefined])
  })

  it('election.observe tells how things stand after a compaction, and every change after it', async () => {
    await using world = new ManualWorld()
    const [etcd, watcher] = [world.connect(), world.connect()]
    const told = await observed(watcher)
    const first = await etcd.election('a').campaign('one')
    await world.settle()
    {
      using _ = world.server.faults.refuse({ code: 'no-leader', method: Watch.watch })
      world.server.faults.endStreams({ method: Watch.watch })
      await world.settle()
      await first.proclaim('missed')
      await first.resign()
      const second = await etcd.election('a').campaign('two')
      await etcd.compact((await etcd.put('z', '')).revision)
      await second.proclaim('two again')
    }
    await world.advance(3000)
    assert.deepEqual(told, [undefined, 'one', 'two again'])
    world.server.faults.compactWatches()
    const third = etcd.election('a').campaign('three')
    await world.advance(3000)
    assert.deepEqual(told, [undefined, 'one', 'two again'])
    void third.catch(() => undefined)
  })

  it('leadership.signal, and the lock’s, tell the truth before a late timer can fire', async () => {
    await using world = new ManualWorld()
    let lateMs = 0
    const clock = { ...world.clock, now: () => world.clock.now() + lateMs }
    const etcd = world.connect({ clock })
    const lock = await etcd.lock('l', { ttlSeconds: 10 })
    const led = await etcd.election('a').campaign('one', { ttlSeconds: 10 })
    assert.equal(lock.signal.aborted || led.signal.aborted, false)
    // This process stands still for longer than the TTL, and its timers have not had their turn.
    lateMs = 10_000
    assert.equal(lock.signal.aborted && led.signal.aborted, true)
    assert.equal(lock.signal.reason.code, 'lease-expired')
    const run = lock.run(() => 'done')
    await assert.rejects(run, { code: 'lease-expired' })
    await assert.rejects(led.proclaim('late'), { code: 'election-not-leader' })
  })

  it('lock.run rejects when the lock was lost during a task that never let timers fire', async () => {
    await using world = new ManualWorld()
    let lateMs = 0
    const clock = { ...world.clock, now: () => world.clock.now() + lateMs }
    const lock = await world.connect({ clock }).lock('l', { ttlSeconds: 10 })
    const run = lock.run(() => {
      lateMs = 10_000
      return 'done'
    })
    await assert.rejects(run, { code: 'lease-expired' })
  })

  it('cache is of one revision, and complete, after cuts and compactions', async () => {
    await using world = new ManualWorld()
    const [etcd, reader] = [world.connect(), world.connect()]
    const keys = etcd.keyspace('k/')
    await keys.put('stale', '1')
    const known = cache(reader.keyspace('k/'), everything)
    await world.until(known.ready)
    const told: string[] = []
    void (async () => {
      for await (const { current, previous } of known.changes()) {
        told.push(`${previous?.value ?? '-'}>${current?.value ?? '-'}`)
      }
    })()
    world.server.faults.cut()
    await keys.put('a', '2')
    await world.until(known.sync())
    assert.equal(shown(known), 'a=2,stale=1')
    {
      using _ = world.server.faults.refuse({ code: 'no-leader', method: Watch.watch })
      world.server.faults.endStreams({ method: Watch.watch })
      await world.settle()
      await keys.delete('stale')
      await keys.put('a', '3')
      await etcd.compact((await keys.put('b', '4')).revision)
      // Local reads go on, of a revision that was.
      assert.equal(shown(known), 'a=2,stale=1')
    }
    await world.until(known.sync())
    assert.equal(shown(known), 'a=3,b=4')
    world.server.faults.compactWatches()
    await keys.put('b', '5')
    await world.until(known.sync())
    assert.equal(shown(known), 'a=3,b=5')
    assert.deepEqual(told.toSorted(), ['->2', '->4', '1>-', '2>3', '4>5'])
    await known.close()
  })

  it('cache.changes holds one change a key for a reader that does not read', async () => {
    await using world = new ManualWorld()
    const etcd = world.connect()
    const keys = etcd.keyspace('k/')
    const known = cache(keys, everything)
    await world.until(known.ready)
    const changes = known.changes()
    for (let round = 0; round < 50; round++) {
      for (const key of ['a', 'b', 'c']) await keys.put(key, String(round))
      await keys.delete('c')
    }
    await world.until(known.sync())
    await known.close()
    const told: string[] = []
    for await (const { current } of changes) told.push(`${current?.key}=${current?.value}`)
    assert.deepEqual(told.toSorted(), ['a=49', 'b=49'])
  })

  it('live keeps the last good value through bad writes, cuts and compactions', async () => {
    await using world = new ManualWorld()
    const [etcd, reader] = [world.connect(), world.connect()]
    const limit = live(reader, 'limit', json<number>())
    await world.until(limit.ready)
    await etcd.put('limit', '1')
    await world.settle()
    {
      using _ = world.server.faults.refuse({ code: 'no-leader', method: Watch.watch })
      world.server.faults.endStreams({ method: Watch.watch })
      await world.settle()
      await etcd.put('limit', '2')
      await etcd.compact((await etcd.put('limit', 'nonsense')).revision)
      await world.advance(1000)
      assert.equal(limit.value, 1)
    }
    await world.advance(3000)
    // Two was overwritten before anybody could read it.
    assert.equal(limit.value, 1)
    assert.equal((limit.failure as { code: string }).code, 'decode-failed')
    world.server.faults.compactWatches()
    await etcd.put('limit', '3')
    await world.advance(3000)
    assert.deepEqual([limit.value, limit.failure], [3, undefined])
    await limit.close()
  })

  it('a prefix that is cached in a keyspace is seen without the prefix of the keyspace', async () => {
    await using world = new ManualWorld()
    const etcd = world.connect()
    const known = cache(etcd.keyspace('k/'), prefix('a/'))
    await world.until(known.ready)
    await etcd.put('k/a/1', 'x')
    await etcd.put('k/b/1', 'y')
    await world.until(known.sync())
    assert.equal(shown(known), 'a/1=x')
    await known.close()
  })
})
