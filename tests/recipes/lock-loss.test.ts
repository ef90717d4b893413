// A lock that is lost is told in time, and what goes wrong on the way neither lies nor blocks: time is moved by hand.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { KV, Lease } from '@etcdkit/server'
import { EtcdError, prefix } from 'etcdkit'
import { etcdErrorOf } from '../behaviour/support/rejections.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { ManualWorld } from './support/manual-world.ts'

describe('a lock', () => {
  failOnLeaks()

  it('is told to be lost no later than the server gives it away', async () => {
    await using world = new ManualWorld()
    const etcd = world.connect()
    const watcher = world.connect()
    const held = await etcd.lock('a', { ttlSeconds: 10 })
    const watch = watcher.watch(held.key, { only: 'delete' })
    await watch.ready
    let isGone = false
    const gone = (async () => {
      for await (const _ of watch) {
        isGone = true
        return
      }
    })()
    await world.advance(30_000)
    assert.equal(held.signal.aborted, false)
    using _ = world.server.faults.silence({ method: Lease.leaseKeepAlive })
    for (let step = 0; step < 60 && !held.signal.aborted; step++) {
      await world.advance(250)
      assert.equal(isGone && !held.signal.aborted, false)
    }
    assert.ok(held.signal.reason instanceof EtcdError)
    assert.equal(held.signal.reason.code, 'lease-expired')
    await world.advance(5000)
    await gone
    // Nothing is asked of a server that cannot be heard.
    await held.release()
  })

  it('run rejects when the lock was lost on the way, whatever the task says', async () => {
    await using world = new ManualWorld()
    const etcd = world.connect()
    const held = await etcd.lock('a', { ttlSeconds: 5 })
    using _ = world.server.faults.silence({ method: Lease.leaseKeepAlive })
    const run = held.run(async (signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return 'done'
    })
    run.catch(() => undefined)
    await world.advance(6000)
    await etcdErrorOf(run, 'lease-expired')
  })

  it('whose answer is lost is held all the same, and never refused', async () => {
    for (const verb of ['lock', 'tryLock'] as const) {
      await using world = new ManualWorld()
      const etcd = world.connect()
      const session = await etcd.session()
      const fault = world.server.faults.dropAnswer({ method: KV.txn, then: 'reset', times: 2 })
      const taking = etcd[verb]('a', { session })
      const held = await world.until(taking)
      assert.equal(fault.hits, 2)
      assert.ok(held !== undefined)
      assert.equal((await etcd.get(held.key))?.createRevision, held.fence)
      assert.equal(await etcd.count(prefix('a/')), 1)
      assert.equal((await etcd.get(held.key))?.version, 1)
    }
  })

  it('that waits outlives outages', async () => {
    await using world = new ManualWorld()
    const [etcd, other] = [world.connect(), world.connect()]
    const held = await other.lock('a')
    const waiting = etcd.lock('a')
    await world.settle()
    {
      using _ = world.server.faults.refuse({ code: 'no-leader' })
      world.server.faults.cut({ times: 1 })
      await world.advance(3000)
    }
    await world.until(held.release())
    const taken = await world.until(waiting)
    assert.ok(taken.fence > held.fence)
    await taken.release()
  })

  it('that cannot be released now is released as soon as the server can be told', async () => {
    await using world = new ManualWorld()
    const etcd = world.connect()
    const session = await etcd.session({ ttlSeconds: 60 })
    const held = await etcd.lock('a', { session })
    {
      using _ = world.server.faults.refuse({ code: 'unavailable', method: KV.txn })
      const released = assert.rejects(held.release(), /^EtcdError: Cannot give back the lock "a": /)
      await world.until(released)
      assert.equal(await etcd.count(prefix('a/')), 1)
    }
    await world.advance(3000)
    assert.equal(await etcd.count(prefix('a/')), 0)
    assert.equal(session.signal.aborted, false)
  })

  it('is refused when the session ends while it waits', async () => {
    await using world = new ManualWorld()
    const [etcd, other] = [world.connect(), world.connect()]
    await using _held = await other.lock('a')
    const session = await etcd.session()
    const refused = etcdErrorOf(etcd.lock('a', { session }), 'lease-not-found')
    await world.settle()
    await session.close()
    await world.until(refused)
    assert.equal(await other.count(prefix('a/')), 1)
  })

  it('whose key someone deletes while it waits is refused', async () => {
    await using world = new ManualWorld()
    const [etcd, other] = [world.connect(), world.connect()]
    const held = await other.lock('a')
    const waiting = etcd.lock('a')
    await world.settle()
    const { entries } = await other.list(prefix('a/'), { sort: 'createRevision' })
    await other.delete(entries[1]?.key ?? '')
    await held.release()
    await world.until(etcdErrorOf(waiting, 'mutex-session-expired'))
  })
})
