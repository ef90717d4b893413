// Locks, on every kind of server: one holder at a time, first come first served, and nothing left behind.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { EtcdError, lock, prefix, tryLock } from 'etcdkit'
import { etcdErrorOf, rejectionOf } from '../behaviour/support/rejections.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'

forEachServer('lock', (server) => {
  failOnLeaks()

  it('etcd.lock lays its key out as Go does, and release deletes it', async () => {
    await using etcd = server.connect()
    const name = `${uniquePrefix()}lock`
    const held = await etcd.lock(name)
    const { entries } = await etcd.list(prefix(`${name}/`))
    assert.equal(entries.length, 1)
    assert.equal(entries[0]?.key, held.key)
    assert.equal(entries[0]?.value, '')
    assert.equal(entries[0]?.createRevision, held.fence)
    assert.equal(held.key, `${name}/${BigInt(entries[0]?.lease ?? '0').toString(16)}`)
    assert.ok((await etcd.txn({ if: [held.isHeld] })).succeeded)
    await held.release()
    await held.release()
    assert.equal(await etcd.count(prefix(`${name}/`)), 0)
    assert.ok(held.signal.reason instanceof EtcdError)
    assert.equal(held.signal.reason.code, 'canceled')
  })

  it('etcd.lock is fair: the order is that of asking, and fences grow', async () => {
    await using etcd = server.connect()
    const name = `${uniquePrefix()}lock`
    const first = await etcd.lock(name)
    const order: number[] = []
    const fences: number[] = [first.fence]
    const waiting: Promise<void>[] = []
    for (let index = 0; index < 5; index++) {
      const queued = 2 + index
      waiting.push(
        etcd.lock(name).then(async (held) => {
          order.push(index)
          fences.push(held.fence)
          await held.release()
        }),
      )
      while ((await etcd.count(prefix(`${name}/`))) < queued);
    }
    await first.release()
    await Promise.all(waiting)
    assert.deepEqual(order, [0, 1, 2, 3, 4])
    assert.deepEqual(
      fences,
      fences.toSorted((a, b) => a - b),
    )
  })

  it('etcd.tryLock gives undefined while it is held, and leaves no key', async () => {
    await using etcd = server.connect()
    await using other = server.connect()
    const name = `${uniquePrefix()}lock`
    await using held = await etcd.lock(name)
    assert.equal(await other.tryLock(name), undefined)
    assert.equal(await etcd.count(prefix(`${name}/`)), 1)
    await held.release()
    await using taken = await other.tryLock(name)
    assert.ok(taken !== undefined && taken.fence > held.fence)
  })

  it('lock: an abort while waiting rejects with its reason, leaves no key and holds up nobody', async () => {
    await using etcd = server.connect()
    const name = `${uniquePrefix()}lock`
    const held = await etcd.lock(name)
    await using session = await etcd.session()
    const reason = new Error('enough')
    for (const options of [{}, { session }]) {
      const abort = new AbortController()
      const given = etcd.lock(name, { ...options, signal: abort.signal })
      while ((await etcd.count(prefix(`${name}/`))) < 2);
      abort.abort(reason)
      assert.equal(await rejectionOf(given), reason)
    }
    const last = etcd.lock(name)
    await held.release()
    await using next = await last
    while ((await etcd.count(prefix(`${name}/`))) > 1);
    assert.equal((await etcd.get(next.key))?.createRevision, next.fence)
  })

  it('lock: timeoutMs ends the wait with deadline-exceeded', async () => {
    await using etcd = server.connect()
    const name = `${uniquePrefix()}lock`
    await using _held = await etcd.lock(name)
    const error = await etcdErrorOf(etcd.lock(name, { timeoutMs: 100 }), 'deadline-exceeded')
    assert.match(error.message, /^Cannot lock ".*": it took longer than 100 ms$/)
    while ((await etcd.count(prefix(`${name}/`))) > 1);
  })

  it('lock: a session takes its own lock again, and gives it back when the last holder does', async () => {
    await using etcd = server.connect()
    await using session = await etcd.session()
    const name = `${uniquePrefix()}lock`
    const [first, second] = await Promise.all([
      etcd.lock(name, { session }),
      etcd.lock(name, { session }),
    ])
    const third = await etcd.tryLock(name, { session })
    assert.equal(first.fence, second.fence)
    assert.equal(third?.fence, first.fence)
    await first.release()
    await second.release()
    assert.equal(await etcd.tryLock(name), undefined)
    assert.equal(third?.signal.aborted, false)
    await third?.release()
    await using free = await etcd.tryLock(name)
    assert.ok(free !== undefined)
  })

  it('lock: released and taken again at once by one session, it is another key', async () => {
    await using etcd = server.connect()
    await using session = await etcd.session()
    const name = `${uniquePrefix()}lock`
    let fence = 0
    for (let round = 0; round < 10; round++) {
      const held = await etcd.lock(name, { session })
      assert.ok(held.fence > fence)
      fence = held.fence
      const released = held.release()
      const again = await etcd.lock(name, { session })
      assert.ok(again.fence > fence)
      fence = again.fence
      await released
      assert.equal((await etcd.get(again.key))?.createRevision, again.fence)
      await again.release()
    }
  })

  it('lock: when the holder crashes, the next one has it', async () => {
    await using etcd = server.connect()
    const name = `${uniquePrefix()}lock`
    const session = await etcd.session()
    const held = await etcd.lock(name, { session })
    const next = etcd.lock(name)
    while ((await etcd.count(prefix(`${name}/`))) < 2);
    // As if it had expired.
    await etcd.leases.revoke(session.lease)
    await using taken = await next
    assert.ok(taken.fence > held.fence)
    assert.equal((await etcd.txn({ if: [held.isHeld] })).succeeded, false)
  })

  it('lock.run gives the task the signal, its result back, and the lock free', async () => {
    await using etcd = server.connect()
    const name = `${uniquePrefix()}lock`
    const result = await (await etcd.lock(name)).run((signal) => {
      assert.equal(signal.aborted, false)
      return 42
    })
    assert.equal(result, 42)
    const fails = (await etcd.lock(name)).run(() => Promise.reject(new Error('mine')))
    await assert.rejects(fails, /^Error: mine$/)
    assert.equal(await etcd.count(prefix(`${name}/`)), 0)
  })

  it('lock in a keyspace is the lock of its full name', async () => {
    await using etcd = server.connect()
    const base = uniquePrefix()
    const apps = etcd.keyspace(base)
    await using held = await lock(apps, 'deploy')
    assert.equal(held.key.startsWith('deploy/'), true)
    assert.equal((await apps.get(held.key))?.createRevision, held.fence)
    assert.ok((await apps.txn({ if: [held.isHeld] })).succeeded)
    assert.equal(await etcd.tryLock(`${base}deploy`), undefined)
    assert.equal(await tryLock(apps, 'deploy'), undefined)
  })

  it('lock: bad input is told before anything is sent', async () => {
    await using etcd = server.connect()
    await assert.rejects(etcd.lock(''), {
      name: 'TypeError',
      message: 'Cannot lock "": the name is empty',
    })
    // @ts-expect-error: a number is no name
    await assert.rejects(etcd.lock(1), { name: 'TypeError', message: /the name is a text/ })
    await assert.rejects(etcd.lock('a', { ttlSeconds: 0 }), { name: 'RangeError' })
    // @ts-expect-error: there is no such option
    await assert.rejects(etcd.tryLock('a', { ttl: 1 }), { name: 'TypeError' })
    const signal = AbortSignal.abort('no')
    assert.equal(await rejectionOf(etcd.lock('a', { signal })), 'no')
  })
})
