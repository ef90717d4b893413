// The writes that depend on what is there tell the truth: whether they wrote, and what is there otherwise.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type CompareAndSwapResult, type Entry, type Etcd, json } from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { factsOf } from './support/entries.ts'
import { grantLease, revokeLease } from './support/leases.ts'
import { etcdErrorOf } from './support/rejections.ts'

/** What is expected of a key in {@link describe}'s table, made of the key as it is. */
type Expectation = Parameters<Etcd['compareAndSwap']>[2]

const expectations: readonly [string, (entry: Entry<string>) => Expectation, Expectation][] = [
  ['value', ({ value }) => ({ value }), { value: 'another' }],
  ['version', ({ version }) => ({ version }), { version: 3 }],
  ['createRevision', ({ createRevision }) => ({ createRevision }), { createRevision: 1 }],
  ['modRevision', ({ modRevision }) => ({ modRevision }), { modRevision: 1 }],
  ['lease', ({ lease }) => ({ lease: lease ?? '0' }), { lease: '0' }],
]

forEachServer('swap', (server) => {
  failOnLeaks()

  describe('etcd.putIfAbsent', () => {
    it('etcd.putIfAbsent writes a missing key, and a deleted one', async () => {
      await using etcd = server.connect()
      const key = `${uniquePrefix()}a`
      const first = await etcd.putIfAbsent(key, '1')
      assert.deepEqual(first, { succeeded: true, revision: (await etcd.get(key))?.modRevision })
      await etcd.delete(key)
      assert.ok((await etcd.putIfAbsent(key, '2')).succeeded)
      assert.equal((await etcd.get(key))?.value, '2')
    })

    it('etcd.putIfAbsent leaves a key that is there, and tells it', async () => {
      await using etcd = server.connect()
      const key = `${uniquePrefix()}a`
      const { revision } = await etcd.put(key, '1')
      const result = await etcd.putIfAbsent(key, '2')
      assert.ok(!result.succeeded)
      assert.equal(result.revision, revision)
      assert.deepEqual(factsOf(result.current), factsOf(await etcd.get(key)))
      assert.equal(result.current.value, '1')
    })

    it('putIfAbsent.lease attaches the key', async () => {
      await using etcd = server.connect()
      const key = `${uniquePrefix()}a`
      const lease = await grantLease(etcd)
      await etcd.putIfAbsent(key, '1', { lease })
      assert.equal((await etcd.get(key))?.lease, lease)
      await revokeLease(etcd, lease)
      await etcdErrorOf(etcd.putIfAbsent(key, '1', { lease }), 'lease-not-found')
      assert.equal(await etcd.get(key), undefined)
    })

    it('of many at a time, one etcd.putIfAbsent writes, and all others tell what it wrote', async () => {
      await using etcd = server.connect()
      const key = `${uniquePrefix()}a`
      const results = await Promise.all(
        Array.from({ length: 100 }, (_, n) => etcd.putIfAbsent(key, `${n}`)),
      )
      const winners = [...results.entries()].filter(([, { succeeded }]) => succeeded)
      assert.equal(winners.length, 1)
      const [winner] = winners[0] ?? []
      const told = results.flatMap((result) => (result.succeeded ? [] : [result.current.value]))
      assert.deepEqual(told, Array(99).fill(`${winner}`))
      assert.equal((await etcd.get(key))?.version, 1)
    })
  })

  describe('etcd.putIfPresent', () => {
    it('etcd.putIfPresent leaves a missing key missing', async () => {
      await using etcd = server.connect()
      const at = uniquePrefix()
      const { revision } = await etcd.put(`${at}other`, '1')
      assert.deepEqual(await etcd.putIfPresent(`${at}a`, '1'), { succeeded: false, revision })
      assert.equal(await etcd.get(`${at}a`), undefined)
    })

    it('etcd.putIfPresent writes a key that is there', async () => {
      await using etcd = server.connect()
      const key = `${uniquePrefix()}a`
      const { revision } = await etcd.put(key, '1')
      const result = await etcd.putIfPresent(key, '2')
      assert.deepEqual(result, { succeeded: true, revision: revision + 1, previous: undefined })
      const told = await etcd.putIfPresent(key, '3', { previous: true })
      assert.ok(told.succeeded)
      assert.equal(told.previous?.value, '2')
      assert.equal((await etcd.get(key))?.version, 3)
    })

    it('putIfPresent.lease and putIfPresent.ignoreLease are those of etcd.put', async () => {
      await using etcd = server.connect()
      const key = `${uniquePrefix()}a`
      const lease = await grantLease(etcd)
      await etcd.put(key, '1')
      await etcd.putIfPresent(key, '2', { lease })
      await etcd.putIfPresent(key, '3', { ignoreLease: true })
      assert.deepEqual([(await etcd.get(key))?.value, (await etcd.get(key))?.lease], ['3', lease])
      await etcd.putIfPresent(key, '4')
      assert.equal((await etcd.get(key))?.lease, undefined)
    })
  })

  describe('etcd.compareAndSwap', () => {
    for (const [name, expectedOf, wrong] of expectations) {
      it(`etcd.compareAndSwap by ${name}`, async () => {
        await using etcd = server.connect()
        const key = `${uniquePrefix()}a`
        const lease = await grantLease(etcd)
        await etcd.put(key, 'first', { lease })
        await etcd.put(key, 'second', { lease })
        const before = await etcd.get(key)
        assert.ok(before)
        const refused = await etcd.compareAndSwap(key, 'third', wrong)
        assert.ok(!refused.succeeded)
        assert.deepEqual(factsOf(refused.current), factsOf(before))
        const done = await etcd.compareAndSwap(key, 'third', expectedOf(before), { previous: true })
        assert.ok(done.succeeded)
        assert.deepEqual(factsOf(done.previous), factsOf(before))
        const after = await etcd.get(key)
        assert.deepEqual([after?.value, after?.modRevision], ['third', done.revision])
      })
    }

    it('everything that etcd.compareAndSwap expects must be true', async () => {
      await using etcd = server.connect()
      const key = `${uniquePrefix()}a`
      const { revision } = await etcd.put(key, '1')
      const all = {
        value: '1',
        version: 1,
        createRevision: revision,
        modRevision: revision,
        lease: '0',
      }
      for (const [, , wrong] of expectations.filter(([name]) => name !== 'lease')) {
        assert.ok(!(await etcd.compareAndSwap(key, '2', { ...all, ...wrong })).succeeded)
      }
      assert.ok(!(await etcd.compareAndSwap(key, '2', { ...all, lease: '7' })).succeeded)
      assert.ok((await etcd.compareAndSwap(key, '2', all)).succeeded)
    })

    it('etcd.compareAndSwap of a missing key tells that there is none, or makes it', async () => {
      await using etcd = server.connect()
      const key = `${uniquePrefix()}a`
      for (const expected of [{ value: '' }, { version: 1 }, { modRevision: 1 }, { lease: '7' }]) {
        const refused = await etcd.compareAndSwap(key, '1', expected)
        assert.ok(!refused.succeeded)
        assert.equal(refused.current, undefined)
      }
      for (const expected of [
        { version: 0 },
        { createRevision: 0 },
        { modRevision: 0 },
        { lease: '0' },
      ]) {
        assert.ok((await etcd.compareAndSwap(key, '1', expected)).succeeded)
        await etcd.delete(key)
      }
    })

    it('etcd.compareAndSwap of a typed keyspace compares what its codec writes', async () => {
      await using etcd = server.connect()
      const keys = etcd.keyspace(uniquePrefix(), json<{ port: number }>())
      await keys.put('web', { port: 80 })
      const refused = await keys.compareAndSwap('web', { port: 82 }, { value: { port: 81 } })
      assert.ok(!refused.succeeded)
      assert.deepEqual(refused.current?.value, { port: 80 })
      assert.ok((await keys.compareAndSwap('web', { port: 82 }, { value: { port: 80 } })).succeeded)
    })

    it('of many at a time, one etcd.compareAndSwap of a revision writes', async () => {
      await using etcd = server.connect()
      const key = `${uniquePrefix()}a`
      const { revision } = await etcd.put(key, 'start')
      const results: CompareAndSwapResult<string>[] = await Promise.all(
        Array.from({ length: 100 }, (_, n) =>
          etcd.compareAndSwap(key, `${n}`, { modRevision: revision }),
        ),
      )
      const winner = results.findIndex(({ succeeded }) => succeeded)
      assert.equal(results.filter(({ succeeded }) => succeeded).length, 1)
      const told = results.flatMap((result) => (result.succeeded ? [] : [result.current?.value]))
      assert.deepEqual(told, Array(99).fill(`${winner}`))
    })
  })
})
