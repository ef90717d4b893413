// npm etcd3 works against the embedded server: the everyday surface of a client no one here wrote.

import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { after, before, describe, it } from 'node:test'
import { EtcdServer } from '@etcdkit/server'
import { Etcd3, EtcdLockFailedError, EtcdPermissionDeniedError } from 'etcd3'

// A const enum of etcd3's, which modules compiled one by one cannot name.
const serializable = 1

describe('npm etcd3 on the embedded server', () => {
  let server: EtcdServer
  let etcd: Etcd3
  before(async () => {
    server = await EtcdServer.listen({ port: 0, minLeaseTtlSeconds: 1 })
    etcd = new Etcd3({ hosts: server.endpoint })
  })
  after(async () => {
    etcd.close()
    await server.close()
  })

  it('puts, gets and deletes', async () => {
    const keys = etcd.namespace('kv/')
    await keys.put('text').value('hello')
    await keys.put('number').value(42)
    await keys.put('json').value(JSON.stringify({ a: [1] }))
    await keys.put('bytes').value(Buffer.from([0, 255]))
    assert.equal(await keys.get('text'), 'hello')
    assert.equal(await keys.get('text').string(), 'hello')
    assert.equal(await keys.get('number').number(), 42)
    assert.deepEqual(await keys.get('json').json(), { a: [1] })
    assert.deepEqual(await keys.get('bytes').buffer(), Buffer.from([0, 255]))
    assert.equal(await keys.get('nothing'), null)
    assert.equal(await keys.get('text').exists(), true)
    const previous = await keys.put('text').value('bye').getPrevious()
    assert.equal(String(previous.value), 'hello')
    const old = await keys.get('text').revision(previous.mod_revision)
    assert.equal(old, 'hello')
    await keys.put('text').touch()
    assert.equal((await keys.get('text').exec()).kvs[0]?.version, '3')
    assert.equal((await keys.delete().key('text')).deleted, '1')
    const [gone] = await keys.delete().key('number').getPrevious()
    assert.equal(String(gone?.value), '42')
    assert.equal(await keys.getAll().count(), 2)
  })

  it('reads and deletes ranges, sorted and limited', async () => {
    const keys = etcd.namespace('range/')
    for (const [index, name] of ['c', 'a', 'b'].entries()) await keys.put(`x/${name}`).value(index)
    await keys.put('y').value('other')
    assert.deepEqual(await keys.getAll().prefix('x/').strings(), {
      'x/a': '1',
      'x/b': '2',
      'x/c': '0',
    })
    assert.deepEqual(await keys.getAll().prefix('x/').numbers(), { 'x/a': 1, 'x/b': 2, 'x/c': 0 })
    assert.deepEqual(await keys.getAll().all().keys(), ['x/a', 'x/b', 'x/c', 'y'])
    const newest = keys.getAll().prefix('x/').sort('Mod', 'Descend').limit(2)
    assert.deepEqual(await newest.keys(), ['x/b', 'x/a'])
    const between = keys.getAll().inRange({ start: 'x/b', end: 'y' })
    assert.deepEqual(await between.keys(), ['x/b', 'x/c'])
    assert.equal((await keys.delete().prefix('x/')).deleted, '3')
    assert.deepEqual(await keys.getAll().keys(), ['y'])
  })

  it('compares and swaps in a transaction', async () => {
    const keys = etcd.namespace('txn/')
    const take = (owner: string) =>
      keys
        .if('lock', 'Create', '==', 0)
        .and('lock', 'Lease', '==', 0)
        .then(keys.put('lock').value(owner))
        .else(keys.get('lock'))
        .commit()
    assert.equal((await take('one')).succeeded, true)
    const second = await take('two')
    assert.equal(second.succeeded, false)
    assert.equal(String(second.responses[0]?.response_range?.kvs[0]?.value), 'one')
    const byValue = await keys
      .if('lock', 'Value', '!=', 'two')
      .then(keys.delete().key('lock'))
      .commit()
    assert.equal(byValue.responses[0]?.response_delete_range?.deleted, '1')
  })

  it('moves money in software transactions', async () => {
    const keys = etcd.namespace('stm/')
    await keys.put('a').value(100)
    await keys.put('b').value(100)
    const move = (): Promise<void> =>
      keys.stm({ isolation: serializable, retries: 100 }).transact(async (tx) => {
        const [a, b] = [await tx.get('a').number(), await tx.get('b').number()]
        await tx.put('a').value(Number(a) - 1)
        await tx.put('b').value(Number(b) + 1)
      })
    await Promise.all([move(), move(), move(), move()])
    assert.deepEqual(await keys.getAll().numbers(), { a: 96, b: 104 })
  })

  it('watches a key and a prefix, from now and from the past', async () => {
    const keys = etcd.namespace('watch/')
    const watcher = await keys.watch().prefix('').withPreviousKV().create()
    const seen = new EventEmitter()
    const events: string[] = []
    watcher.on('put', (kv, previous) => tell(`put ${kv.key} ${kv.value} ${previous?.value ?? ''}`))
    watcher.on('delete', (kv, previous) => tell(`delete ${kv.key} ${previous?.value}`))
    const tell = (event: string): void => {
      events.push(event)
      if (events.length === 3) seen.emit('all')
    }
    const all = once(seen, 'all')
    const { header } = await keys.put('a').value('1')
    await keys.put('a').value('2')
    await keys.delete().key('a')
    await all
    assert.deepEqual(events, ['put a 1 ', 'put a 2 1', 'delete a 2'])
    await watcher.cancel()
    const past = await keys.watch().key('a').startRevision(header.revision).only('delete').create()
    const [deleted] = await once(past, 'delete')
    assert.equal(String(deleted.key), 'a')
    await past.cancel()
  })

  it('keeps a lease alive, and loses it', async () => {
    const lease = etcd.lease(60)
    const id = await lease.grant()
    await lease.put('lease/a').value('1')
    assert.equal((await lease.keepaliveOnce()).TTL, '60')
    const left = await etcd.leaseClient.leaseTimeToLive({ ID: id, keys: true })
    assert.deepEqual(left.keys.map(String), ['lease/a'])
    assert.deepEqual(
      (await etcd.leaseClient.leaseLeases()).leases.map(({ ID }) => ID),
      [id],
    )
    await lease.revoke()
    assert.equal(lease.revoked(), true)
    assert.equal(await etcd.get('lease/a'), null)
    const lost = etcd.lease(60)
    const lostId = await lost.grant()
    const told = once(lost, 'lost')
    await etcd.leaseClient.leaseRevoke({ ID: lostId })
    await assert.rejects(lost.keepaliveOnce())
    await told
  })

  it('excludes others by a lock', async () => {
    const lock = await etcd.lock('lock').ttl(60).acquire()
    await assert.rejects(etcd.lock('lock').acquire(), EtcdLockFailedError)
    await lock.release()
    assert.equal(await etcd.lock('lock').do(() => 'done'), 'done')
  })

  it('elects a leader, and the next', async () => {
    const election = etcd.election('election', 60)
    const first = election.campaign('first')
    await first.wait()
    assert.equal(await election.leader(), 'first')
    const observer = await election.observe()
    assert.equal(observer.leader(), 'first')
    const proclaimed = once(observer, 'change')
    await first.proclaim('still first')
    assert.deepEqual(await proclaimed, ['still first'])
    const second = election.campaign('second')
    const elected = once(second, 'elected')
    const changed = changeTo(observer, 'second')
    await first.resign()
    await elected
    await changed
    await second.resign()
    await observer.cancel()
  })

  it('asks for members, status and alarms, and compacts', async () => {
    const { members } = await etcd.cluster.memberList({})
    const status = await etcd.maintenance.status()
    assert.deepEqual([members[0]?.ID, status.version], [status.leader, server.version])
    assert.deepEqual((await etcd.maintenance.alarm({})).alarms, [])
    assert.match(String((await etcd.maintenance.hash()).hash), /^\d+$/)
    await etcd.maintenance.defragment()
    const { header } = await etcd.put('compacted').value('1')
    await etcd.put('compacted').value('2')
    await etcd.kv.compact({ revision: String(Number(header.revision) + 1), physical: true })
    await assert.rejects(etcd.get('compacted').revision(header.revision).exec())
  })

  it('streams a snapshot', async () => {
    const stream = await etcd.maintenance.snapshot()
    let bytes = 0
    stream.on('data', ({ blob }) => {
      bytes += blob.length
    })
    // It is an emitter, though its types do not say so.
    await once(stream as unknown as EventEmitter, 'end')
    assert.ok(bytes > 0)
  })

  it('has users and roles, and is held to them', async () => {
    const role = await etcd.role('reader').create()
    await role.grant({ permission: 'Read', range: etcd.range({ prefix: 'public/' }) })
    const [permission] = await role.permissions()
    assert.equal(permission?.permission, 'Read')
    const user = await etcd.user('ann').create('secret')
    await user.addRole('reader')
    assert.deepEqual(
      (await user.roles()).map(({ name }) => name),
      ['reader'],
    )
    const root = await etcd.user('root').create('root')
    await etcd.role('root').create()
    await root.addRole('root')
    assert.deepEqual((await etcd.getUsers()).map(({ name }) => name).sort(), ['ann', 'root'])
    await etcd.auth.authEnable()
    const auth = { username: 'ann', password: 'secret' }
    const ann = new Etcd3({ hosts: server.endpoint, auth })
    const admin = new Etcd3({
      hosts: server.endpoint,
      auth: { username: 'root', password: 'root' },
    })
    await admin.put('public/a').value('1')
    assert.equal(await ann.get('public/a'), '1')
    await assert.rejects(ann.put('public/a').value('2').exec(), EtcdPermissionDeniedError)
    await assert.rejects(ann.get('private').exec(), EtcdPermissionDeniedError)
    await admin.auth.authDisable()
    await role.delete()
    await user.delete()
    ann.close()
    admin.close()
  })
})

async function changeTo(observer: EventEmitter, leader: string): Promise<void> {
  for (;;) if ((await once(observer, 'change'))[0] === leader) return
}
