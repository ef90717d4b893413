// The client's transactions on real servers.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { compare, everything, json, op, prefix } from 'etcdkit'
import { failOnLeaks } from '../../support/leaks.ts'
import { forEachServer } from '../../support/suites.ts'
import { uniquePrefix } from '../../support/unique-prefix.ts'

forEachServer('client txn', (server) => {
  failOnLeaks()

  it('does the operations of the branch its conditions choose', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const transfer = {
      if: [compare.value('a').equals('1')],
      then: [op.put('a', '2', { previous: true }), op.get('a')],
      else: [op.get('a'), op.put('a', '1')],
    } as const
    const first = await keys.txn(transfer)
    assert.equal(first.succeeded, false)
    assert.equal(first.succeeded || first.results[0], undefined)
    const second = await keys.txn(transfer)
    assert.ok(second.succeeded)
    assert.equal(second.results[0].previous?.value, '1')
    assert.equal(second.results[1]?.value, '2')
    assert.equal(second.results[1]?.modRevision, second.revision)
  })

  it('without conditions takes the first branch, and of nothing answers nothing', async () => {
    await using etcd = server.connect()
    const result = await etcd.txn({})
    assert.deepEqual([result.succeeded, result.results], [true, []])
  })

  it('compares values, versions, revisions and leases in every way', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const { id } = await etcd.leases.grant({ ttlSeconds: 60 })
    await keys.put('a', 'm')
    const { revision } = await keys.put('a', 'm', { lease: id })
    for (const [condition, holds] of [
      [compare.value('a').equals('m'), true],
      [compare.value('a').notEquals('m'), false],
      [compare.value('a').greaterThan('l'), true],
      [compare.value('a').lessThan('l'), false],
      [compare.version('a').equals(2), true],
      [compare.version('a').lessThan(3), true],
      [compare.createRevision('a').greaterThan(revision), false],
      [compare.createRevision('a').notEquals(revision), true],
      [compare.modRevision('a').equals(revision), true],
      [compare.lease('a').equals(id), true],
      [compare.lease('a').equals('0'), false],
      [compare.exists('a'), true],
      [compare.missing('a'), false],
      [compare.exists('b'), false],
      [compare.missing('b'), true],
      [compare.value('b').notEquals('m'), false],
      [compare.version('b').equals(0), true],
      [compare.lease('b').equals('0'), true],
    ] as const) {
      assert.equal(
        (await keys.txn({ if: [condition] })).succeeded,
        holds,
        JSON.stringify(condition),
      )
    }
    await etcd.leases.revoke(id)
  })

  it('compares all keys of a range', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    for (const key of ['x/1', 'x/2', 'y']) await keys.put(key, key)
    const holds = async (condition: Parameters<typeof keys.txn>[0]['if']): Promise<boolean> =>
      (await keys.txn({ if: condition ?? [] })).succeeded
    assert.equal(await holds([compare.version(prefix('x/')).equals(1)]), true)
    assert.equal(await holds([compare.value(prefix('x/')).equals('x/1')]), false)
    assert.equal(await holds([compare.exists(prefix('x/'))]), true)
    assert.equal(await holds([compare.missing(prefix('z/'))]), true)
    assert.equal(await holds([compare.missing(everything)]), false)
    assert.equal(await holds([compare.missing(prefix('x/')), compare.exists('y')]), false)
  })

  it('nests, and answers nested', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix(), json<{ n: number }>())
    await keys.put('a', { n: 1 })
    const result = await keys.txn({
      if: [compare.value('a').equals({ n: 1 })],
      then: [
        op.txn({
          if: [compare.missing('b')],
          then: [op.put('b', { n: 2 }), op.list(everything)],
          else: [op.count(everything)],
        }),
        op.delete('a', { previous: true }),
      ],
    })
    assert.ok(result.succeeded)
    const [nested, deleted] = result.results
    assert.ok(nested.succeeded)
    const [put, list] = nested.results
    assert.deepEqual([put.revision, nested.revision], [result.revision, result.revision])
    assert.deepEqual(
      list.entries.map(({ key, value }) => [key, value.n]),
      [
        ['a', 1],
        ['b', 2],
      ],
    )
    assert.deepEqual([deleted.deleted, deleted.previous[0]?.value], [1, { n: 1 }])
  })

  it('makes one revision of everything, or none of what only reads', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const { revision } = await keys.put('a', '1')
    const written = await keys.txn({ then: [op.put('b', '1'), op.delete('a'), op.put('c', '1')] })
    assert.equal(written.revision, revision + 1)
    const read = await keys.txn({ then: [op.get('b'), op.count(everything)] })
    assert.ok(read.succeeded)
    assert.deepEqual([read.revision, read.results[1]], [revision + 1, 2])
  })

  it('rejects what the server refuses, with nothing applied', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const many = Array.from({ length: 129 }, (_, n) => op.put(`k${n}`, ''))
    for (const [then, code] of [
      [[op.put('a', '1'), op.put('a', '2')], 'duplicate-key'],
      [[op.put('a', '1'), op.delete(prefix('a'))], 'duplicate-key'],
      [many, 'too-many-ops'],
      [[op.put('a', '1'), op.put('b', '', { lease: '500' })], 'lease-not-found'],
      [[op.put('a', '1'), op.get('b', { revision: 10 ** 9 })], 'future-revision'],
    ] as const) {
      await assert.rejects(keys.txn({ then }), { code, outcome: 'not-applied' })
    }
    assert.equal(await keys.count(everything), 0)
  })
})
