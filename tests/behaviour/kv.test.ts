// put and get: revisions, versions, the flags of a put. Sections 1 and 2 of reference/server-v3.md.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { KV } from '@etcdkit/protocol'
import { compare, everything, op } from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { factsOf, keysOf } from './support/entries.ts'
import { grantLease, revokeLease } from './support/leases.ts'
import { etcdErrorOf } from './support/rejections.ts'

forEachServer('kv', (server) => {
  failOnLeaks()

  // The first test of the file: nobody has written yet.
  it('a new store is empty and at revision 1, and the first write makes revision 2', async () => {
    await using etcd = server.connect()
    const { entries, count, more, revision } = await etcd.list(everything)
    assert.deepEqual(
      { entries, count, more, revision },
      { entries: [], count: 0, more: false, revision: 1 },
    )
    assert.equal((await etcd.put(`${uniquePrefix()}a`, '1')).revision, 2)
  })

  it('etcd.get reads what etcd.put wrote, and undefined for a missing key', async () => {
    await using etcd = server.connect()
    const key = `${uniquePrefix()}a`
    assert.equal(await etcd.get(key), undefined)
    const { revision, previous } = await etcd.put(key, 'hello')
    assert.equal(previous, undefined)
    assert.deepEqual(factsOf(await etcd.get(key)), {
      key,
      value: 'hello',
      createRevision: revision,
      modRevision: revision,
      version: 1,
      lease: undefined,
    })
  })

  it('every answer tells the cluster and the member, the same each time', async () => {
    await using etcd = server.connect()
    const key = new TextEncoder().encode(uniquePrefix())
    const first = (await etcd.call(KV.put, { key })).header
    const second = (await etcd.call(KV.range, { key })).header
    assert.match(first?.clusterId ?? '', /^[1-9]\d*$/)
    assert.match(first?.memberId ?? '', /^[1-9]\d*$/)
    assert.ok(first && first.raftTerm > 0)
    assert.deepEqual(second, first)
  })

  it('entry.version counts puts since the key came into being, of the same value too', async () => {
    await using etcd = server.connect()
    const key = `${uniquePrefix()}a`
    const born = (await etcd.put(key, 'same')).revision
    await etcd.put(key, 'same')
    const last = (await etcd.put(key, 'same')).revision
    const grown = factsOf(await etcd.get(key))
    assert.deepEqual([grown?.version, grown?.createRevision, grown?.modRevision], [3, born, last])
    await etcd.delete(key)
    const reborn = (await etcd.put(key, 'again')).revision
    const young = factsOf(await etcd.get(key))
    assert.deepEqual(
      [young?.version, young?.createRevision, young?.modRevision],
      [1, reborn, reborn],
    )
  })

  it('a write makes one revision, however many keys it changes', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const { revision } = await keys.put('a', '1')
    const ops = [op.put('b', '1'), op.put('c', '1'), op.put('d', '1')] as const
    assert.equal((await keys.txn({ then: ops })).revision, revision + 1)
    assert.equal((await keys.delete(everything)).revision, revision + 2)
  })

  it('what changes nothing makes no revision', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const { revision } = await keys.put('a', '1')
    const changeNothing: readonly [string, () => Promise<unknown>][] = [
      ['get', () => keys.get('a')],
      ['delete of nothing', () => keys.delete('missing')],
      ['delete of an empty range', () => keys.keyspace('none/').delete(everything)],
      ['txn that reads', () => keys.txn({ then: [op.get('a'), op.list(everything)] })],
      ['txn that deletes nothing', () => keys.txn({ then: [op.delete('missing')] })],
      [
        'txn whose put is not taken',
        () => keys.txn({ if: [compare.missing('a')], then: [op.put('a', '2')] }),
      ],
      ['empty txn', () => keys.txn({})],
      ['lease', async () => revokeLease(etcd, await grantLease(etcd))],
      ['refused put', () => keys.put('a', '2', { lease: '77' }).catch(() => undefined)],
      ['compact', () => etcd.compact(revision)],
    ]
    for (const [what, change] of changeNothing) {
      await change()
      assert.equal((await keys.list('a')).revision, revision, what)
    }
  })

  it('etcd.get reads at a revision of the past', async () => {
    await using etcd = server.connect()
    const key = `${uniquePrefix()}a`
    const first = (await etcd.put(key, 'first')).revision
    await etcd.put(key, 'second')
    const gone = (await etcd.delete(key)).revision
    assert.equal(await etcd.get(key, { revision: first - 1 }), undefined)
    assert.equal((await etcd.get(key, { revision: first }))?.value, 'first')
    assert.equal((await etcd.get(key, { revision: first + 1 }))?.value, 'second')
    assert.equal(await etcd.get(key, { revision: gone }), undefined)
    assert.equal(
      (await etcd.list(key, { revision: first })).revision,
      gone,
      'the newest, not the one read at',
    )
  })

  it('etcd.get with serializable reads the same from the only member', async () => {
    await using etcd = server.connect()
    const key = `${uniquePrefix()}a`
    await etcd.put(key, '1')
    assert.equal((await etcd.get(key, { serializable: true }))?.value, '1')
  })

  it('options.requireLeader is no matter while there is a leader', async () => {
    await using etcd = server.connect()
    const key = `${uniquePrefix()}a`
    await etcd.put(key, '1', { requireLeader: true })
    assert.equal((await etcd.get(key, { requireLeader: true }))?.value, '1')
  })

  it('put.previous answers with the key as it was, and not for a new one', async () => {
    await using etcd = server.connect()
    const key = `${uniquePrefix()}a`
    const first = await etcd.put(key, 'old', { previous: true })
    assert.equal(first.previous, undefined)
    const second = await etcd.put(key, 'new', { previous: true })
    assert.deepEqual(factsOf(second.previous), {
      key,
      value: 'old',
      createRevision: first.revision,
      modRevision: first.revision,
      version: 1,
      lease: undefined,
    })
    assert.equal((await etcd.put(key, 'newer')).previous, undefined)
  })

  it('put.lease attaches the key, moves it, and without one detaches it', async () => {
    await using etcd = server.connect()
    const key = `${uniquePrefix()}a`
    const [first, second] = [await grantLease(etcd), await grantLease(etcd)]
    await etcd.put(key, '1', { lease: first })
    assert.equal((await etcd.get(key))?.lease, first)
    await etcd.put(key, '2', { lease: { id: second } })
    await revokeLease(etcd, first)
    assert.equal((await etcd.get(key))?.lease, second)
    await etcd.put(key, '3')
    await revokeLease(etcd, second)
    assert.deepEqual([(await etcd.get(key))?.value, (await etcd.get(key))?.lease], ['3', undefined])
  })

  it('a key goes with its lease', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const lease = await grantLease(etcd)
    await keys.put('stays', '1')
    const { revision } = await keys.put('goes', '1', { lease })
    await revokeLease(etcd, lease)
    const left = await keys.list(everything)
    assert.deepEqual([keysOf(left.entries), left.revision], [['stays'], revision + 1])
  })

  it('put.lease of an unknown lease rejects with lease-not-found and writes nothing', async () => {
    await using etcd = server.connect()
    const key = `${uniquePrefix()}a`
    const error = await etcdErrorOf(etcd.put(key, '1', { lease: '77' }), 'lease-not-found')
    assert.equal(error.outcome, 'not-applied')
    assert.equal(await etcd.get(key), undefined)
  })

  it('put.ignoreValue keeps the value, counts as a put, and takes the lease given', async () => {
    await using etcd = server.connect()
    const key = `${uniquePrefix()}a`
    const lease = await grantLease(etcd)
    await etcd.put(key, 'kept')
    await etcd.put(key, undefined, { ignoreValue: true, lease })
    const leased = factsOf(await etcd.get(key))
    assert.deepEqual([leased?.value, leased?.version, leased?.lease], ['kept', 2, lease])
    await etcd.put(key, undefined, { ignoreValue: true })
    const detached = factsOf(await etcd.get(key))
    assert.deepEqual([detached?.value, detached?.version, detached?.lease], ['kept', 3, undefined])
  })

  it('put.ignoreLease keeps the lease', async () => {
    await using etcd = server.connect()
    const key = `${uniquePrefix()}a`
    const lease = await grantLease(etcd)
    await etcd.put(key, '1', { lease })
    await etcd.put(key, '2', { ignoreLease: true })
    const entry = factsOf(await etcd.get(key))
    assert.deepEqual([entry?.value, entry?.version, entry?.lease], ['2', 2, lease])
    await etcd.put(key, undefined, { ignoreLease: true, ignoreValue: true })
    const touched = factsOf(await etcd.get(key))
    assert.deepEqual([touched?.value, touched?.version, touched?.lease], ['2', 3, lease])
  })

  it('put.ignoreValue and put.ignoreLease of a missing key reject with key-not-found', async () => {
    await using etcd = server.connect()
    const key = `${uniquePrefix()}a`
    await etcdErrorOf(etcd.put(key, undefined, { ignoreValue: true }), 'key-not-found')
    await etcdErrorOf(etcd.put(key, '1', { ignoreLease: true }), 'key-not-found')
    assert.equal(await etcd.get(key), undefined)
  })

  it('etcd.call(KV.put) has the server check what the verbs check before', async () => {
    await using etcd = server.connect()
    const key = new TextEncoder().encode(`${uniquePrefix()}missing`)
    const value = new Uint8Array([1])
    await etcdErrorOf(etcd.call(KV.put, { value }), 'empty-key')
    await etcdErrorOf(etcd.call(KV.range, {}), 'empty-key')
    await etcdErrorOf(etcd.call(KV.deleteRange, {}), 'empty-key')
    await etcdErrorOf(etcd.call(KV.put, { key, value, ignoreValue: true }), 'value-provided')
    await etcdErrorOf(etcd.call(KV.put, { key, lease: '7', ignoreLease: true }), 'lease-provided')
  })

  it('etcd.get of a revision to come rejects with future-revision', async () => {
    await using etcd = server.connect()
    const key = `${uniquePrefix()}a`
    const { revision } = await etcd.put(key, '1')
    await etcdErrorOf(etcd.get(key, { revision: revision + 1 }), 'future-revision')
    assert.equal((await etcd.get(key, { revision }))?.value, '1')
  })

  it('etcd.put writes a key once for each call, however many there are at a time', async () => {
    await using etcd = server.connect()
    const key = `${uniquePrefix()}a`
    const count = 200
    const puts = await Promise.all(Array.from({ length: count }, (_, n) => etcd.put(key, `${n}`)))
    assert.equal((await etcd.get(key))?.version, count)
    assert.equal(new Set(puts.map(({ revision }) => revision)).size, count)
  })

  it('a thousand gets at a time each have their own answer', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const names = Array.from({ length: 1000 }, (_, n) => `k${n}`)
    await Promise.all(names.map((name) => keys.put(name, `value of ${name}`)))
    const entries = await Promise.all(names.map((name) => keys.get(name)))
    assert.deepEqual(
      entries.map((entry) => entry?.value),
      names.map((name) => `value of ${name}`),
    )
  })
})
