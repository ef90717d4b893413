// The client's leases on real servers.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { everything, json } from 'etcdkit'
import { failOnLeaks } from '../../support/leaks.ts'
import { pollUntil } from '../../support/poll.ts'
import { forEachServer } from '../../support/suites.ts'
import { uniquePrefix } from '../../support/unique-prefix.ts'

// It takes seconds, so one kind of each transport will do.
const waitsOn: ReadonlySet<string> = new Set([
  'embedded (in-process)',
  'embedded (gateway)',
  'etcd 3.5',
])

forEachServer('client lease', (server) => {
  failOnLeaks()

  it('etcd.lease makes a lease that keys can be put with', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix(), json<number>())
    const lease = await etcd.lease({ ttlSeconds: 60 })
    await keys.put('a', 1, { lease })
    await keys.putIfAbsent('b', 2, { lease: lease.id })
    assert.equal((await keys.get('a'))?.lease, lease.id)
    const left = await lease.timeToLive({ keys: true })
    assert.equal(left?.keys.length, 2)
    assert.ok((left?.ttlSeconds ?? 0) >= 50)
    assert.equal(left?.grantedTtlSeconds, 60)
    await lease.revoke()
    assert.equal(await keys.count(everything), 0)
    assert.equal(await lease.timeToLive(), undefined)
  })

  it('lessons D20: lease.put puts with the lease, and as its options say', async () => {
    await using etcd = server.connect()
    const key = uniquePrefix()
    await using lease = await etcd.lease({ ttlSeconds: 60 })
    await lease.put(key, 'x')
    assert.equal((await lease.put(key, 'y', { previous: true })).previous?.lease, lease.id)
    const signal = AbortSignal.abort('enough')
    await assert.rejects(lease.put(key, 'z', { signal }), (error) => error === 'enough')
    assert.equal((await etcd.get(key))?.value, 'y')
  })

  // All that waits, at a time.
  if (waitsOn.has(server.kind)) {
    it('is kept alive beyond its TTL, and its keys with it, as are those attached to and many others', async () => {
      await using etcd = server.connect({ timeoutMs: 60_000 })
      const key = uniquePrefix()
      const ttlSeconds = 4
      const lease = await etcd.lease({ ttlSeconds })
      await lease.put(key, 'x')
      const { id } = await etcd.leases.grant({ ttlSeconds })
      const attached = await etcd.leases.attach(id)
      assert.equal(attached.id, id)
      const others = await Promise.all(Array.from({ length: 50 }, () => etcd.lease({ ttlSeconds })))
      await delay(lease.ttlSeconds * 1000 + 700)
      for (const { signal } of [lease, attached, ...others]) assert.equal(signal.aborted, false)
      assert.equal((await etcd.get(key))?.value, 'x')
      assert.ok(await etcd.leases.timeToLive(id))
      await etcd.close({ revokeLeases: true })
    })
  }

  it('goes by the TTL of the server, which may raise it', async () => {
    await using etcd = server.connect()
    await using lease = await etcd.lease({ ttlSeconds: 1 })
    assert.equal(lease.ttlSeconds, Math.max(1, server.minimumLeaseTtlSeconds))
  })

  it('lease.signal aborts when the lease is revoked by someone else', async () => {
    await using etcd = server.connect()
    const lease = await etcd.lease({ ttlSeconds: 3 })
    await etcd.leases.revoke(lease.id)
    if (!lease.signal.aborted) await once(lease.signal, 'abort')
    assert.equal(lease.signal.reason.code, 'lease-not-found')
  })

  it('is revoked on dispose, and left alone by release', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    {
      await using lease = await etcd.lease({ ttlSeconds: 60 })
      await keys.put('a', 'x', { lease })
    }
    assert.equal(await keys.get('a'), undefined)
    let id = ''
    {
      await using lease = await etcd.lease({ ttlSeconds: 60 })
      await keys.put('a', 'x', { lease })
      id = lease.id
      lease.release()
    }
    assert.equal((await keys.get('a'))?.lease, id)
    await etcd.leases.revoke(id)
  })

  it('outlives a client that is closed, unless asked otherwise', async () => {
    await using other = server.connect()
    const etcd = server.connect()
    const [kept, revoked] = [uniquePrefix(), uniquePrefix()]
    const lease = await etcd.lease({ ttlSeconds: 60 })
    await etcd.put(kept, 'x', { lease })
    await etcd.close()
    assert.equal(lease.signal.reason.code, 'closed')
    assert.equal((await other.get(kept))?.lease, lease.id)
    await other.leases.revoke(lease.id)

    const second = server.connect()
    await second.put(revoked, 'x', { lease: await second.lease({ ttlSeconds: 60 }) })
    await second.close({ revokeLeases: true })
    assert.equal(await other.get(revoked), undefined)
  })

  it('lessons 1.23: etcd.leases lists, renews and revokes by id', async () => {
    await using etcd = server.connect()
    const grants = [
      await etcd.leases.grant({ ttlSeconds: 500 }),
      await etcd.leases.grant({ ttlSeconds: 400 }),
    ]
    const ids = grants.map(({ id }) => id)
    const listed = (await etcd.leases.list()).filter((id) => ids.includes(id))
    assert.deepEqual(listed, ids.toReversed())
    assert.deepEqual(await etcd.leases.keepAliveOnce(ids[0] ?? ''), grants[0])
    for (const id of ids) await etcd.leases.revoke(id)
    await assert.rejects(etcd.leases.revoke(ids[0] ?? ''), {
      code: 'lease-not-found',
      message: `Cannot revoke lease ${ids[0]}: requested lease not found`,
    })
    await assert.rejects(etcd.leases.keepAliveOnce(ids[0] ?? ''), { code: 'lease-not-found' })
    await assert.rejects(etcd.leases.attach(ids[0] ?? ''), { code: 'lease-not-found' })
    assert.equal(await etcd.leases.timeToLive(ids[0] ?? ''), undefined)
  })

  it('takes an id of its own, once', async () => {
    await using etcd = server.connect()
    const id = String(2n ** 62n + BigInt(Math.floor(Math.random() * 1e9)))
    await using lease = await etcd.lease({ ttlSeconds: 60, id })
    assert.equal(lease.id, id)
    await assert.rejects(etcd.lease({ ttlSeconds: 60, id }), {
      code: 'lease-exists',
      outcome: 'not-applied',
    })
  })

  it('lessons 1.21, D19: may live for 9,000,000,000 seconds', async () => {
    const warnings: Error[] = []
    const note = (warning: Error): number => warnings.push(warning)
    process.on('warning', note)
    await using etcd = server.connect()
    await using lease = await etcd.lease({ ttlSeconds: 9_000_000_000 })
    assert.equal(lease.ttlSeconds, 9_000_000_000)
    assert.deepEqual(await lease.keepAliveOnce(), { id: lease.id, ttlSeconds: 9_000_000_000 })
    process.off('warning', note)
    assert.deepEqual(warnings, [])
  })

  it('put with a lease that is not there rejects with lease-not-found', async () => {
    await using etcd = server.connect()
    await assert.rejects(etcd.put('a/b', 'x', { lease: '500' }), {
      code: 'lease-not-found',
      outcome: 'not-applied',
      message: 'Cannot put "a/b": requested lease not found',
    })
  })

  it('aborted while it is made leaves no lease behind', async () => {
    await using etcd = server.connect()
    await etcd.get('warm')
    const id = String(2n ** 62n + BigInt(Math.floor(Math.random() * 1e9)))
    const controller = new AbortController()
    const granting = etcd.lease({ ttlSeconds: 60, id, signal: controller.signal })
    controller.abort()
    await assert.rejects(granting, { name: 'AbortError' })
    await pollUntil(async () => !(await etcd.leases.list()).includes(id), {
      what: 'the lease to be revoked',
      deadlineMs: 60_000,
    })
  })
})
