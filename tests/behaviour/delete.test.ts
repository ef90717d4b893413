// What delete deletes, tells and leaves. Section 4 of reference/server-v3.md, and the cases of etcd's own TestKVDelete.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type Etcd,
  everything,
  from,
  type KeyRange,
  type Keyspace,
  op,
  prefix,
  range,
} from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { factsOf, keysOf } from './support/entries.ts'
import { grantLease, revokeLease } from './support/leases.ts'

const all = ['a', 'b', 'c', 'c/abc', 'd', 'fop']

/** What is deleted of {@link all}, and what is left. */
interface DeleteCase {
  readonly name: string
  readonly target: string | Uint8Array | KeyRange
  readonly left: readonly string[]
}

const cases: readonly DeleteCase[] = [
  { name: 'a key', target: 'a', left: ['b', 'c', 'c/abc', 'd', 'fop'] },
  { name: 'a key of bytes', target: new Uint8Array([0x61]), left: ['b', 'c', 'c/abc', 'd', 'fop'] },
  { name: 'a key that others begin with', target: 'c', left: ['a', 'b', 'c/abc', 'd', 'fop'] },
  { name: 'a missing key', target: 'e', left: all },
  { name: '[a, c)', target: range('a', 'c'), left: ['c', 'c/abc', 'd', 'fop'] },
  { name: '[c, a)', target: range('c', 'a'), left: all },
  { name: '[b, b)', target: range('b', 'b'), left: all },
  { name: 'prefix c', target: prefix('c'), left: ['a', 'b', 'd', 'fop'] },
  { name: 'prefix c/', target: prefix('c/'), left: ['a', 'b', 'c', 'd', 'fop'] },
  { name: 'prefix of nothing', target: prefix('x'), left: all },
  { name: 'the empty prefix', target: prefix(''), left: [] },
  { name: 'from c/', target: from('c/'), left: ['a', 'b', 'c'] },
  { name: 'from the empty key', target: from(''), left: [] },
  { name: 'everything', target: everything, left: [] },
]

forEachServer('delete', (server) => {
  failOnLeaks()

  describe('etcd.delete', () => {
    for (const { name, target, left } of cases) {
      it(`etcd.delete: ${name}`, async () => {
        await using etcd = server.connect()
        const { keys, revision } = await filled(etcd)
        const deleted = all.filter((key) => !left.includes(key))
        const result = await keys.delete(target, { previous: true })
        assert.equal(result.deleted, deleted.length)
        assert.equal(result.revision, revision + (deleted.length > 0 ? 1 : 0))
        assert.deepEqual(keysOf(result.previous), deleted)
        assert.deepEqual(keysOf((await keys.list(everything)).entries), left)
      })

      it(`op.delete: ${name}`, async () => {
        await using etcd = server.connect()
        const { keys, revision } = await filled(etcd)
        const deleted = all.filter((key) => !left.includes(key))
        const result = await keys.txn({ then: [op.delete(target, { previous: true })] })
        assert.ok(result.succeeded)
        const [answer] = result.results
        assert.deepEqual([answer.deleted, keysOf(answer.previous)], [deleted.length, deleted])
        assert.equal(answer.revision, revision + (deleted.length > 0 ? 1 : 0))
        assert.deepEqual(keysOf((await keys.list(everything)).entries), left)
      })
    }
  })

  it('delete.previous answers with the keys as they were, in their order', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const second = (await keys.put('b', 'second')).revision
    const first = (await keys.put('a', 'first')).revision
    const { previous } = await keys.delete(everything, { previous: true })
    assert.deepEqual(previous.map(factsOf), [
      {
        key: 'a',
        value: 'first',
        createRevision: first,
        modRevision: first,
        version: 1,
        lease: undefined,
      },
      {
        key: 'b',
        value: 'second',
        createRevision: second,
        modRevision: second,
        version: 1,
        lease: undefined,
      },
    ])
  })

  it('etcd.delete without previous answers with no entries', async () => {
    await using etcd = server.connect()
    const { keys } = await filled(etcd)
    const { deleted, previous } = await keys.delete(everything)
    assert.deepEqual([deleted, previous], [all.length, []])
  })

  it('a deleted key can still be read at the revision before', async () => {
    await using etcd = server.connect()
    const key = `${uniquePrefix()}a`
    await etcd.put(key, '1')
    const { revision } = await etcd.delete(key)
    assert.equal(await etcd.get(key), undefined)
    assert.equal((await etcd.get(key, { revision: revision - 1 }))?.value, '1')
  })

  it('a key deleted and put again does not go with the lease it had before', async () => {
    await using etcd = server.connect()
    const key = `${uniquePrefix()}a`
    const lease = await grantLease(etcd)
    await etcd.put(key, '1', { lease })
    await etcd.delete(key)
    await etcd.put(key, '2')
    await revokeLease(etcd, lease)
    assert.equal((await etcd.get(key))?.value, '2')
  })

  it('of many deletes of a key at a time one finds it', async () => {
    await using etcd = server.connect()
    const key = `${uniquePrefix()}a`
    await etcd.put(key, '1')
    const results = await Promise.all(Array.from({ length: 50 }, () => etcd.delete(key)))
    assert.equal(
      results.reduce((sum, { deleted }) => sum + deleted, 0),
      1,
    )
  })

  // The last test of the file, since it leaves nothing of what others have written.
  it('etcd.delete(everything) empties the store', async () => {
    await using etcd = server.connect()
    await etcd.put('\0', 'the very first')
    await etcd.put(new Uint8Array([0xff, 0xff]), 'nearly the last')
    const before = await etcd.count(everything)
    assert.equal((await etcd.delete(everything)).deleted, before)
    assert.equal(await etcd.count(everything), 0)
  })
})

/** A keyspace with {@link all} in it, and the revision of the last put. */
async function filled(etcd: Etcd): Promise<{ keys: Keyspace<string>; revision: number }> {
  const keys = etcd.keyspace(uniquePrefix())
  await Promise.all(all.map((key) => keys.put(key, key)))
  return { keys, revision: (await keys.list('a')).revision }
}
