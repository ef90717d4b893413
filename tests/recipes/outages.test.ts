// Waits and holders through outages, crashes and lost answers, whatever is waited for: time is moved by hand.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { KV, Lease, Watch } from '@etcdkit/server'
import {
  barrier,
  type CoordinatedClient,
  doubleBarrier,
  EtcdError,
  prefix,
  queue,
  type Session,
} from 'etcdkit'
import { rejectionOf } from '../behaviour/support/rejections.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { holdingKinds } from './support/holdings.ts'
import { ManualWorld } from './support/manual-world.ts'

/** No watch can be made for longer than any limit that a client has of its own. */
async function withoutWatches(world: ManualWorld): Promise<void> {
  using _ = world.server.faults.refuse({ code: 'no-leader', method: Watch.watch })
  await world.advance(12_000)
}

describe('recipes through outages', () => {
  failOnLeaks()

  for (const { name, block, take } of holdingKinds) {
    it(`${name}: a wait that begins in an outage outlives it`, async () => {
      await using world = new ManualWorld()
      const [etcd, other] = [world.connect(), world.connect()]
      const held = await block(other, { ttlSeconds: 60 })
      const waiting = take(etcd)
      await withoutWatches(world)
      await held.release()
      const taken = await world.until(waiting)
      assert.equal(taken.signal.aborted, false)
      await taken.release()
      assert.equal(await etcd.count(prefix('a')), 0)
    })

    it(`${name}: the crash of its holder, and of who waits, frees the next`, async () => {
      await using world = new ManualWorld()
      const [etcd, other] = [world.connect(), world.connect()]
      const crashing = await other.session({ ttlSeconds: 5 })
      await block(other, { session: crashing })
      const second = await other.session({ ttlSeconds: 5 })
      const lost = take(other, { session: second })
      lost.catch(() => undefined)
      await world.settle()
      const waiting = take(etcd, { ttlSeconds: 5 })
      await world.settle()
      assert.equal(await etcd.count(prefix('a/')), 3)
      crashing.orphan()
      second.orphan()
      assert.equal(await isSettled(world, waiting), false)
      await world.advance(3000)
      assert.equal(await isSettled(world, waiting), false)
      const taken = await world.until(waiting)
      await taken.release()
      assert.equal(await etcd.count(prefix('a/')), 0)
      await rejectionOf(lost)
    })

    it(`${name}: an abort while waiting leaves no key, and holds up nobody`, async () => {
      await using world = new ManualWorld()
      const etcd = world.connect()
      const session = await etcd.session({ ttlSeconds: 60 })
      for (const options of [{}, { session }]) {
        const held = await block(etcd)
        const abort = new AbortController()
        const given = take(etcd, { ...options, signal: abort.signal })
        await world.settle()
        const last = take(etcd)
        await world.settle()
        assert.equal(await etcd.count(prefix('a/')), 3)
        const reason = new Error('enough')
        abort.abort(reason)
        assert.equal(await rejectionOf(given), reason)
        await world.settle()
        assert.equal(await etcd.count(prefix('a/')), 2)
        await held.release()
        await (await world.until(last)).release()
        assert.equal(await etcd.count(prefix('a/')), 0)
      }
    })

    it(`${name}: an abort while nobody can be told leaves no key when somebody can`, async () => {
      await using world = new ManualWorld()
      const [etcd, other] = [world.connect(), world.connect()]
      const session = await etcd.session({ ttlSeconds: 60 })
      const held = await block(other, { ttlSeconds: 60 })
      const abort = new AbortController()
      const given = take(etcd, { session, signal: abort.signal })
      await world.settle()
      {
        using _ = world.server.faults.refuse({ code: 'unavailable', method: KV.txn })
        abort.abort(new Error('enough'))
        await rejectionOf(given)
        await world.advance(7000)
        assert.equal(await etcd.count(prefix('a/')), 2)
      }
      await world.advance(3000)
      assert.equal(await etcd.count(prefix('a/')), 1)
      assert.equal(session.signal.aborted, false)
      await held.release()
    })

    it(`${name}: a lost answer to what takes it is resolved by asking again`, async () => {
      await using world = new ManualWorld()
      const etcd = world.connect()
      const session = await etcd.session({ ttlSeconds: 60 })
      const fault = world.server.faults.dropAnswer({ method: KV.txn, then: 'reset', times: 2 })
      const held = await world.until(take(etcd, { session }))
      assert.equal(fault.hits, 2)
      const { entries } = await etcd.list(prefix('a/'))
      assert.deepEqual(
        entries.map(({ version, lease }) => [version, lease]),
        [[1, session.lease.id]],
      )
      await held.release()
      assert.equal(await etcd.count(prefix('a/')), 0)
    })

    it(`${name}: its loss is told no later than the server gives it away`, async () => {
      await using world = new ManualWorld()
      const [etcd, other] = [world.connect(), world.connect()]
      const held = await block(etcd, { ttlSeconds: 10 })
      const next = take(other, { ttlSeconds: 60 })
      await world.advance(20_000)
      assert.equal(held.signal.aborted, false)
      let isTaken = false
      void next.then(() => {
        isTaken = true
      })
      // The other's lease is long enough not to be renewed meanwhile.
      using _ = world.server.faults.silence({ method: Lease.leaseKeepAlive })
      for (let step = 0; step < 60 && !isTaken; step++) {
        await world.advance(250)
        assert.equal(isTaken && !held.signal.aborted, false)
      }
      assert.ok(held.signal.reason instanceof EtcdError)
      assert.equal(held.signal.reason.code, 'lease-expired')
      await (await next).release()
    })
  }

  it('barrier.wait, doubleBarrier.enter and queue.dequeue that begin in an outage outlive it', async () => {
    const waits: readonly ((etcd: CoordinatedClient) => Promise<unknown>)[] = [
      (etcd) => barrier(etcd, 'b').wait(),
      (etcd) => doubleBarrier(etcd, 'd', 2).enter(),
      (etcd) => queue(etcd, 'q').dequeue(),
    ]
    await using world = new ManualWorld()
    const [etcd, other] = [world.connect(), world.connect()]
    const held = await barrier(other, 'b').hold({ ttlSeconds: 60 })
    const all = waits.map((wait) => wait(etcd))
    await withoutWatches(world)
    await held?.release()
    const place = doubleBarrier(other, 'd', 2).enter()
    await queue(other, 'q').enqueue('x')
    await world.until(Promise.all([...all, place]))
  })

  it('barrier: the crash of its holder lets everybody go on', async () => {
    await using world = new ManualWorld()
    const [etcd, other] = [world.connect(), world.connect()]
    const session = await other.session({ ttlSeconds: 5 })
    assert.ok(await barrier(other, 'b').hold({ session }))
    const passed = Promise.all([barrier(etcd, 'b').wait(), barrier(etcd, 'b').wait()])
    session.orphan()
    await world.until(passed)
    assert.equal(await etcd.get('b'), undefined)
  })

  it('doubleBarrier: who crashed before all have come is not counted, and keeps nobody in', async () => {
    await using world = new ManualWorld()
    const [etcd, other] = [world.connect(), world.connect()]
    const round = (client: CoordinatedClient, session?: Session) =>
      doubleBarrier(client, 'd', 2).enter(session && { session })
    const crashing = await other.session({ ttlSeconds: 5 })
    const lost = round(other, crashing)
    lost.catch(() => undefined)
    await world.settle()
    crashing.orphan()
    await world.advance(8000)
    await rejectionOf(lost)
    const first = round(etcd)
    assert.equal(await isSettled(world, first), false)
    const places = await world.until(Promise.all([first, round(etcd)]))
    await world.until(Promise.all(places.map((place) => place.leave())))
    assert.equal(await etcd.count(prefix('d/')), 0)
  })

  it('queue: who crashes while it waits takes nothing along', async () => {
    await using world = new ManualWorld()
    const crashing = world.connect()
    const lost = queue(crashing, 'q').dequeue()
    lost.catch(() => undefined)
    await world.settle()
    await crashing.close()
    await rejectionOf(lost)
    const etcd = world.connect()
    await queue(etcd, 'q').enqueue('x')
    assert.equal((await queue(etcd, 'q').dequeue()).value, 'x')
  })
})

async function isSettled(world: ManualWorld, promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  const told = (): void => {
    settled = true
  }
  promise.then(told, told)
  await world.settle()
  return settled
}
