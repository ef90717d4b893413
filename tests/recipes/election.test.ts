// Elections, on every kind of server: one leader at a time, and every change told in order.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { type Entry, type Etcd, election, json, prefix } from 'etcdkit'
import { etcdErrorOf, rejectionOf } from '../behaviour/support/rejections.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'

async function untilCount(etcd: Etcd, name: string, count: number): Promise<void> {
  while ((await etcd.count(prefix(`${name}/`))) !== count);
}

forEachServer('election', (server) => {
  failOnLeaks()

  it('election.campaign takes turns, by the order of campaigning', async () => {
    await using etcd = server.connect()
    const name = `${uniquePrefix()}e`
    const first = await etcd.election(name).campaign('one')
    const second = etcd.election(name).campaign('two')
    await untilCount(etcd, name, 2)
    assert.equal((await etcd.election(name).leader())?.value, 'one')
    assert.equal((await etcd.election(name).leader())?.key, first.key.slice(name.length + 1))
    await first.resign()
    assert.ok(first.signal.aborted)
    await using led = await second
    assert.ok(led.fence > first.fence)
    assert.equal(led.value, 'two')
    assert.equal((await etcd.election(name).leader())?.value, 'two')
  })

  it('election.leader is undefined while nobody leads', async () => {
    await using etcd = server.connect()
    assert.equal(await etcd.election(`${uniquePrefix()}e`).leader(), undefined)
  })

  it('leadership.proclaim says something else, and rejects once the leadership is over', async () => {
    await using etcd = server.connect()
    const name = `${uniquePrefix()}e`
    const led = await etcd.election(name).campaign('one')
    await led.proclaim('two')
    assert.equal((await etcd.election(name).leader())?.value, 'two')
    assert.equal((await etcd.election(name).leader())?.createRevision, led.fence)
    await etcd.delete(led.key)
    const error = await etcdErrorOf(led.proclaim('three'), 'election-not-leader')
    assert.equal(error.outcome, 'not-applied')
    assert.equal(await etcd.get(led.key), undefined)
    assert.ok(led.signal.aborted)
    await led.resign()
    await etcdErrorOf(led.proclaim('four'), 'election-not-leader')
  })

  it('election.observe tells every leader and every value in order', async () => {
    await using etcd = server.connect()
    const name = `${uniquePrefix()}e`
    const seen: (string | undefined)[] = []
    const observed = etcd.election(name).observe()
    const next = async (): Promise<void> => {
      const { value } = await observed.next()
      seen.push((value as Entry<string> | undefined)?.value)
    }
    await next()
    const first = await etcd.election(name).campaign('one')
    await next()
    const campaign = etcd.election(name).campaign('two')
    await untilCount(etcd, name, 2)
    await first.proclaim('one again')
    await next()
    await first.resign()
    await next()
    const second = await campaign
    await second.proclaim('two again')
    await second.resign()
    await next()
    await next()
    await observed.return()
    assert.deepEqual(seen, [undefined, 'one', 'one again', 'two', 'two again', undefined])
  })

  it('election.observe ends with the reason of its signal', async () => {
    await using etcd = server.connect()
    const abort = new AbortController()
    const observed = etcd.election(`${uniquePrefix()}e`).observe({ signal: abort.signal })
    await observed.next()
    const next = observed.next()
    const reason = new Error('enough')
    abort.abort(reason)
    assert.equal(await rejectionOf(next), reason)
  })

  it('election: a session that campaigns again proclaims', async () => {
    await using etcd = server.connect()
    const name = `${uniquePrefix()}e`
    await using session = await etcd.session()
    const first = await etcd.election(name).campaign('one', { session })
    const again = await etcd.election(name).campaign('two', { session })
    assert.equal(again.fence, first.fence)
    assert.equal((await etcd.election(name).leader())?.value, 'two')
    await first.resign()
    assert.equal((await etcd.election(name).leader())?.value, 'two')
    await again.resign()
    assert.equal(await etcd.election(name).leader(), undefined)
  })

  it('election: a campaign under a lease that leads already proclaims, as after a restart', async () => {
    await using etcd = server.connect()
    const name = `${uniquePrefix()}e`
    const before = await etcd.session()
    const first = await etcd.election(name).campaign('one', { session: before })
    await using session = await etcd.session({ lease: before.lease.id })
    const again = await etcd.election(name).campaign('two', { session })
    assert.equal(again.fence, first.fence)
    assert.equal((await etcd.election(name).leader())?.value, 'two')
  })

  it('election: a campaign that is given up leaves no key', async () => {
    await using etcd = server.connect()
    const name = `${uniquePrefix()}e`
    await using _led = await etcd.election(name).campaign('one')
    await etcdErrorOf(etcd.election(name).campaign('two', { timeoutMs: 100 }), 'deadline-exceeded')
    await untilCount(etcd, name, 1)
  })

  it('election.resume goes on leading after a restart', async () => {
    await using etcd = server.connect()
    const name = `${uniquePrefix()}e`
    const before = server.connect()
    const led = await before.election(name).campaign('one', { ttlSeconds: 60 })
    const { key, fence } = led
    await before.close()
    const resumed = await etcd.election(name).resume({ key, fence })
    assert.ok(resumed !== undefined)
    assert.equal(resumed.value, 'one')
    await resumed.proclaim('two')
    assert.equal(await etcd.election(name).resume({ key, fence: fence + 1 }), undefined)
    await resumed.resign()
    assert.equal(await etcd.election(name).resume({ key, fence }), undefined)
    assert.equal(await etcd.count(prefix(`${name}/`)), 0)
  })

  it('election in a keyspace speaks in its values', async () => {
    await using etcd = server.connect()
    const hosts = etcd.keyspace(uniquePrefix(), json<{ url: string }>())
    const primary = election(hosts, 'primary')
    await using led = await primary.campaign({ url: 'http://a' })
    assert.deepEqual((await primary.leader())?.value, { url: 'http://a' })
    assert.ok((await hosts.txn({ if: [led.isHeld] })).succeeded)
  })

  it('election: bad input is told before anything is sent', async () => {
    await using etcd = server.connect()
    assert.throws(() => etcd.election(''), { name: 'TypeError' })
    const schedulers = etcd.election('a')
    // @ts-expect-error: there is no such option
    await assert.rejects(schedulers.campaign('x', { ttl: 1 }), { name: 'TypeError' })
    await assert.rejects(schedulers.resume({ key: 'b/1', fence: 1 }), {
      name: 'TypeError',
      message: 'Cannot resume leading "a": the key "b/1" is none of the election',
    })
    await assert.rejects(schedulers.resume({ key: 'a/1', fence: 0 }), { name: 'RangeError' })
    // @ts-expect-error: the fence is missing
    await assert.rejects(schedulers.resume({ key: 'a/1' }), { name: 'TypeError' })
    // @ts-expect-error: a number is no value
    await assert.rejects(schedulers.campaign(1), { name: 'TypeError' })
  })
})
