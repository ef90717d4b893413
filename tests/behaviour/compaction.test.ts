// What compact forgets, and what it refuses. Section 6 of reference/server-v3.md, etcd's own TestKVCompactError and
// TestCompact.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { KV } from '@etcdkit/protocol'
import { CompactedError, type Etcd, everything, type Keyspace, op } from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { collect, factsOf, pairsOf } from './support/entries.ts'
import { etcdErrorOf } from './support/rejections.ts'

forEachServer('compaction', (server) => {
  failOnLeaks()

  // The first test of the file: nobody has compacted yet.
  it('etcd.compact at 0 works once, on a store that was never compacted', async () => {
    await using etcd = server.connect()
    await etcdErrorOf(etcd.call(KV.compact, { revision: -1 }), 'compacted')
    assert.equal((await etcd.compact(0)).revision, 1)
    await etcdErrorOf(etcd.compact(0), 'compacted')
  })

  it('etcd.compact answers with the newest revision', async () => {
    await using etcd = server.connect()
    const { revision } = await written(etcd)
    assert.equal((await etcd.compact(revision - 2)).revision, revision)
  })

  it('compact.physical answers as well', async () => {
    await using etcd = server.connect()
    const { keys, revision } = await written(etcd)
    assert.equal((await etcd.compact(revision, { physical: true })).revision, revision)
    await etcdErrorOf(etcd.compact(revision, { physical: true }), 'compacted')
    await etcdErrorOf(keys.get('a', { revision: revision - 1 }), 'compacted')
  })

  it('what is older than the revision of etcd.compact cannot be read any more, that revision can', async () => {
    await using etcd = server.connect()
    const { keys, revision } = await written(etcd)
    const before = pairsOf((await keys.list(everything, { revision: revision - 1 })).entries)
    await etcd.compact(revision - 1)
    const after = await keys.list(everything, { revision: revision - 1 })
    assert.deepEqual(pairsOf(after.entries), before)
    assert.equal((await keys.list(everything)).revision, revision)
    const old = { revision: revision - 2 }
    const reads: readonly [string, () => Promise<unknown>][] = [
      ['get', () => keys.get('a', old)],
      ['list', () => keys.list(everything, old)],
      ['count', () => keys.count(everything, old)],
      ['scan', () => collect(keys.scan(everything, old))],
      ['txn', () => keys.txn({ then: [op.get('a', old)] })],
    ]
    for (const [verb, read] of reads) {
      const error = await etcdErrorOf(read(), 'compacted')
      assert.ok(error instanceof CompactedError, verb)
      assert.equal(error.name, 'CompactedError')
      assert.match(error.message, /^Cannot .+: required revision has been compacted$/)
    }
  })

  it('etcd.compact keeps the newest version of each key, and no trace of deleted ones', async () => {
    await using etcd = server.connect()
    const { keys, revision } = await written(etcd)
    await etcd.compact(revision)
    const { entries } = await keys.list(everything)
    assert.deepEqual(entries.map(factsOf), [
      {
        key: 'a',
        value: 'third',
        createRevision: revision - 4,
        modRevision: revision - 1,
        version: 3,
        lease: undefined,
      },
    ])
    assert.equal(await keys.get('gone', { revision }), undefined)
  })

  it('etcd.compact at a revision compacted before, or older, rejects with compacted', async () => {
    await using etcd = server.connect()
    const { revision } = await written(etcd)
    await etcd.compact(revision - 1)
    for (const past of [revision - 1, revision - 2, 0]) {
      const error = await etcdErrorOf(etcd.compact(past), 'compacted')
      assert.ok(error instanceof CompactedError)
      assert.equal(error.outcome, 'not-applied')
      const action = `Cannot compact at revision ${past}`
      assert.equal(error.message, `${action}: required revision has been compacted`)
    }
    await etcd.compact(revision)
  })

  it('etcd.compact at a revision to come rejects with future-revision', async () => {
    await using etcd = server.connect()
    const { revision } = await written(etcd)
    const error = await etcdErrorOf(etcd.compact(revision + 1), 'future-revision')
    assert.equal(error.outcome, 'not-applied')
    await etcd.compact(revision)
  })

  it('writing goes on after etcd.compact, with versions and revisions that go on too', async () => {
    await using etcd = server.connect()
    const { keys, revision } = await written(etcd)
    await etcd.compact(revision)
    const { previous } = await keys.put('a', 'fourth', { previous: true })
    assert.equal(previous?.value, 'third')
    const entry = await keys.get('a')
    assert.deepEqual([entry?.version, entry?.modRevision], [4, revision + 1])
  })

  it('of many at a time, etcd.compact of one revision works once', async () => {
    await using etcd = server.connect()
    const { revision } = await written(etcd)
    const calls = await Promise.allSettled(
      Array.from({ length: 10 }, () => etcd.compact(revision, { timeoutMs: 10_000 })),
    )
    assert.equal(calls.filter(({ status }) => status === 'fulfilled').length, 1)
  })
})

/** Five revisions: `a` put twice, `gone` put, `a` put again, `gone` deleted. Tells the last. */
async function written(etcd: Etcd): Promise<{ keys: Keyspace<string>; revision: number }> {
  const keys = etcd.keyspace(uniquePrefix())
  await keys.put('a', 'first')
  await keys.put('a', 'second')
  await keys.put('gone', '1')
  await keys.put('a', 'third')
  const { revision } = await keys.delete('gone')
  return { keys, revision }
}
