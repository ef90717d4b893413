// Transactions: which branch is taken, what its operations answer, and that it is all or nothing. Section 5 of
// reference/server-v3.md.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { KV } from '@etcdkit/protocol'
import { compare, type Etcd, everything, json, type Keyspace, op, prefix } from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { factsOf, keysOf, pairsOf } from './support/entries.ts'
import { grantLease } from './support/leases.ts'
import { etcdErrorOf } from './support/rejections.ts'

forEachServer('txn', (server) => {
  failOnLeaks()

  it('etcd.txn takes then when all conditions hold, else otherwise', async () => {
    await using etcd = server.connect()
    const { keys } = await filled(etcd)
    const holds = compare.value('a').equals('1')
    const fails = compare.exists('missing')
    for (const conditions of [[], [holds], [holds, holds]]) {
      const result = await keys.txn({ if: conditions, then: [op.get('a')], else: [op.get('b')] })
      assert.ok(result.succeeded)
      assert.equal(result.results[0]?.key, 'a')
    }
    for (const conditions of [[fails], [holds, fails], [fails, holds], [fails, fails]]) {
      const result = await keys.txn({ if: conditions, then: [op.get('a')], else: [op.get('b')] })
      assert.ok(!result.succeeded)
      assert.equal(result.results[0]?.key, 'b')
    }
  })

  it('an empty transaction, or one whose branch is empty, answers with nothing', async () => {
    await using etcd = server.connect()
    const { keys, revision } = await filled(etcd)
    assert.deepEqual(await keys.txn({}), { succeeded: true, revision, results: [] })
    const untaken = { if: [compare.missing('a')], then: [op.put('a', '2')] } as const
    assert.deepEqual(await keys.txn(untaken), { succeeded: false, revision, results: [] })
  })

  it('each operation of etcd.txn answers as its verb does', async () => {
    await using etcd = server.connect()
    const { keys, revision } = await filled(etcd)
    const result = await keys.txn({
      then: [
        op.get('a'),
        op.get('missing'),
        op.list(everything, { limit: 1, order: 'descending' }),
        op.list(everything, { keysOnly: true }),
        op.count(everything),
        op.put('a', 'new', { previous: true }),
        op.put('d', 'new'),
        op.delete('b', { previous: true }),
        op.delete(prefix('c')),
      ],
    })
    assert.ok(result.succeeded)
    const [got, missing, page, bare, count, put, plainPut, deleted, plainDelete] = result.results
    assert.deepEqual([got?.value, missing], ['1', undefined])
    assert.deepEqual([pairsOf(page.entries), page.count, page.more], [[['c', '3']], 3, true])
    assert.deepEqual(pairsOf(bare.entries), [
      ['a', undefined],
      ['b', undefined],
      ['c', undefined],
    ])
    assert.equal(count, 3)
    assert.deepEqual([put.previous?.value, plainPut.previous], ['1', undefined])
    assert.deepEqual([deleted.deleted, pairsOf(deleted.previous)], [1, [['b', '2']]])
    assert.deepEqual([plainDelete.deleted, plainDelete.previous], [1, []])
    const revisions = [result, page, put, plainPut, deleted].map((answer) => answer.revision)
    assert.deepEqual(revisions, Array(5).fill(revision + 1))
    assert.deepEqual(pairsOf((await keys.list(everything)).entries), [
      ['a', 'new'],
      ['d', 'new'],
    ])
  })

  it('all changes of a transaction have its revision', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const { revision } = await keys.txn({ then: [op.put('a', '1'), op.put('b', '2')] })
    for (const entry of (await keys.list(everything)).entries) {
      const { createRevision, modRevision, version } = entry
      assert.deepEqual([createRevision, modRevision, version], [revision, revision, 1])
    }
  })

  it('op.get, op.list and op.count see what the operations before them did', async () => {
    await using etcd = server.connect()
    const { keys, revision } = await filled(etcd)
    const result = await keys.txn({
      then: [
        op.get('a'),
        op.put('a', 'new'),
        op.get('a'),
        op.delete('b'),
        op.list(everything),
        op.count('b'),
      ],
    })
    assert.ok(result.succeeded)
    const [before, , after, , list, count] = result.results
    assert.deepEqual([before?.value, after?.value, count], ['1', 'new', 0])
    assert.deepEqual(pairsOf(list.entries), [
      ['a', 'new'],
      ['c', '3'],
    ])
    assert.deepEqual([after?.version, after?.modRevision], [2, revision + 1])
  })

  it('op.get, op.list and op.count at a revision see the store as it was then', async () => {
    await using etcd = server.connect()
    const { keys, revision } = await filled(etcd)
    const result = await keys.txn({
      then: [
        op.put('a', 'new'),
        op.get('a', { revision }),
        op.list(everything, { revision: revision - 1 }),
        op.count(everything, { revision: revision - 2 }),
      ],
    })
    assert.ok(result.succeeded)
    const [, got, list, count] = result.results
    assert.deepEqual([got?.value, keysOf(list.entries), count], ['1', ['a', 'b'], 1])
  })

  it('the flags of op.put are those of etcd.put', async () => {
    await using etcd = server.connect()
    const { keys } = await filled(etcd)
    const lease = await grantLease(etcd)
    await keys.put('a', 'kept', { lease })
    const result = await keys.txn({
      then: [
        op.put('a', undefined as never, { ignoreValue: true, ignoreLease: true, previous: true }),
        op.put('b', 'leased', { lease }),
      ],
    })
    assert.ok(result.succeeded)
    assert.equal(result.results[0].previous?.version, 2)
    const [first, second] = [factsOf(await keys.get('a')), factsOf(await keys.get('b'))]
    assert.deepEqual([first?.value, first?.version, first?.lease], ['kept', 3, lease])
    assert.deepEqual([second?.value, second?.lease], ['leased', lease])
  })

  it('a nested transaction answers with its own branch', async () => {
    await using etcd = server.connect()
    const { keys, revision } = await filled(etcd)
    const deepest = op.txn({ then: [op.put('e', 'deep'), op.count(everything)] })
    const inner = op.txn({
      if: [compare.exists('missing')],
      then: [op.put('a', 'never')],
      else: [op.get('a'), deepest],
    })
    const result = await keys.txn({ then: [op.put('d', '4'), inner, op.get('e')] })
    assert.ok(result.succeeded)
    const [, middle, deep] = result.results
    assert.ok(!middle.succeeded)
    const [got, innermost] = middle.results
    assert.equal(got?.value, '1')
    assert.ok(innermost.succeeded)
    assert.deepEqual([innermost.results[1], deep?.value], [5, 'deep'])
    const revisions = [result.revision, middle.revision, innermost.revision, deep?.modRevision]
    assert.deepEqual(revisions, Array(4).fill(revision + 1))
  })

  it('conditions of nested transactions see the store as it was before the whole', async () => {
    await using etcd = server.connect()
    const { keys } = await filled(etcd)
    const result = await keys.txn({
      then: [
        op.put('d', 'new'),
        op.delete('a'),
        op.txn({
          if: [compare.missing('d'), compare.exists('a')],
          then: [op.get('d'), op.get('a')],
        }),
      ],
    })
    assert.ok(result.succeeded)
    const inner = result.results[2]
    assert.ok(inner.succeeded)
    assert.deepEqual([inner.results[0]?.value, inner.results[1]], ['new', undefined])
  })

  it('a transaction that the server refuses changes nothing', async () => {
    await using etcd = server.connect()
    const { keys, revision } = await filled(etcd)
    const refused = [
      ['lease-not-found', op.put('b', '2', { lease: '77' })],
      ['key-not-found', op.put('missing', '2', { ignoreLease: true })],
      ['future-revision', op.get('a', { revision: revision + 1 })],
      ['future-revision', op.txn({ then: [op.list(everything, { revision: revision + 1 })] })],
      ['lease-not-found', op.txn({ then: [op.put('b', '2', { lease: '77' })] })],
    ] as const
    for (const [code, last] of refused) {
      const error = await etcdErrorOf(keys.txn({ then: [op.put('a', 'new'), last] }), code)
      assert.equal(error.outcome, 'not-applied')
      assert.match(error.message, /^Cannot run the transaction: /)
    }
    assert.equal((await keys.list('a')).revision, revision)
    assert.equal((await keys.get('a'))?.value, '1')
  })

  it('etcd.call(KV.txn): revisions of the answers within are old until the first change', async () => {
    await using etcd = server.connect()
    const at = uniquePrefix()
    const { revision } = await etcd.put(`${at}a`, '1')
    const key = Buffer.from(`${at}a`)
    const nothing = Buffer.from(`${at}missing`)
    const { responses } = await etcd.call(KV.txn, {
      success: [
        { requestRange: { key } },
        { requestDeleteRange: { key: nothing } },
        { requestPut: { key } },
        { requestRange: { key } },
        { requestTxn: {} },
      ],
    })
    const revisions = responses.map((response) => {
      const { responseRange, responseDeleteRange, responsePut, responseTxn } = response
      const answer = responseRange ?? responseDeleteRange ?? responsePut ?? responseTxn
      return answer?.header?.revision
    })
    // That of a nested transaction has a header, but nothing in it.
    assert.deepEqual(revisions, [revision, revision, revision + 1, revision + 1, 0])
  })

  it('etcd.txn of a typed keyspace writes, compares and reads through its codec', async () => {
    await using etcd = server.connect()
    const ports = etcd.keyspace(uniquePrefix(), json<{ port: number }>())
    const born = await ports.txn({
      if: [compare.missing('web')],
      then: [op.put('web', { port: 80 })],
    })
    assert.ok(born.succeeded)
    const result = await ports.txn({
      if: [compare.value('web').equals({ port: 80 })],
      then: [op.put('web', { port: 81 }, { previous: true }), op.get('web')],
    })
    assert.ok(result.succeeded)
    assert.deepEqual(
      [result.results[0].previous?.value, result.results[1]?.value],
      [{ port: 80 }, { port: 81 }],
    )
  })

  it('operations and conditions can be used again, and by other keyspaces', async () => {
    await using etcd = server.connect()
    const change = {
      if: [compare.missing('a')],
      then: [op.put('a', '1')],
      else: [op.delete('a')],
    } as const
    const views = [etcd.keyspace(uniquePrefix()), etcd.keyspace(uniquePrefix())]
    for (const view of views) {
      const taken = [await view.txn(change), await view.txn(change), await view.txn(change)]
      assert.deepEqual(
        taken.map(({ succeeded }) => succeeded),
        [true, false, true],
      )
    }
  })

  for (const [kind, make] of [
    ['Uint8Array', (text: string): Uint8Array => new TextEncoder().encode(text)],
    ['Buffer', (text: string): Uint8Array => Buffer.from(text)],
  ] as const) {
    it(`operations and conditions have keys of their own: what becomes of the ${kind} given does not matter`, async () => {
      await using etcd = server.connect()
      const { keys } = await filled(etcd)
      const given = Array.from({ length: 4 }, () => make('a'))
      const [first, second, third, fourth] = given as [
        Uint8Array,
        Uint8Array,
        Uint8Array,
        Uint8Array,
      ]
      const txn = {
        if: [compare.value(first).equals('1')],
        then: [op.get(second), op.put(third, 'new'), op.count(fourth)],
      } as const
      for (const key of given) key.fill(0x62)
      const result = await keys.txn(txn)
      assert.ok(result.succeeded)
      assert.deepEqual([result.results[0]?.key, result.results[2]], ['a', 1])
      assert.equal((await keys.get('b'))?.value, '2')
    })
  }

  it('transactions at a time each see a state of their own: a counter loses no step', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix(), json<number>())
    await keys.put('counter', 0)
    await Promise.all(Array.from({ length: 20 }, () => increment(keys)))
    assert.equal((await keys.get('counter'))?.value, 20)
  })
})

/** A keyspace with `a`, `b` and `c`, put in this order; the revision is that of `c`. */
async function filled(
  etcd: Etcd,
): Promise<{ keys: Keyspace<string, string | Uint8Array>; revision: number }> {
  const keys = etcd.keyspace(uniquePrefix())
  await keys.put('a', '1')
  await keys.put('b', '2')
  const { revision } = await keys.put('c', '3')
  return { keys, revision }
}

async function increment(keys: Keyspace<number>): Promise<void> {
  for (let current = await keys.get('counter'); current !== undefined; ) {
    const result = await keys.txn({
      if: [compare.modRevision('counter').equals(current.modRevision)],
      then: [op.put('counter', current.value + 1)],
      else: [op.get('counter')],
    })
    if (result.succeeded) return
    current = result.results[0]
  }
}
