// Keyspaces on real servers: nothing gets out of the prefix, and nothing of it shows.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { bytes, everything, from, type KeyRange, prefix, range } from 'etcdkit'
import fc from 'fast-check'
import { failOnLeaks } from '../../support/leaks.ts'
import { forEachServer } from '../../support/suites.ts'
import { uniquePrefix } from '../../support/unique-prefix.ts'

const someKeys = ['a', 'a/', 'a/b', 'b', '\xff', '\u{10ffff}', '0']

forEachServer('client keyspace', (server) => {
  failOnLeaks()

  it('finds under its prefix what the whole store would find without it', async () => {
    await using etcd = server.connect()
    // The plain store is the keyspace of a prefix, too: what is compared is a keyspace within with one beside others.
    const whole = etcd.keyspace(uniquePrefix(), bytes)
    const start = uniquePrefix()
    const view = etcd.keyspace(start, bytes)
    await etcd.keyspace(start.slice(0, -1)).put('0', 'after the prefix')
    for (const key of someKeys) {
      await whole.put(key, new Uint8Array([1]))
      await view.put(key, new Uint8Array([1]))
    }
    const key = fc.constantFrom(...someKeys, '', 'c')
    const target: fc.Arbitrary<KeyRange> = fc.oneof(
      key.map(prefix),
      key.map(from),
      fc.constant(everything),
      fc
        .tuple(key, key)
        .filter(([, end]) => end !== '')
        .map(([first, end]) => range(first, end)),
    )
    await fc.assert(
      fc.asyncProperty(target, async (found) => {
        const [inView, inWhole] = await Promise.all([view.list(found), whole.list(found)])
        assert.deepEqual(
          inView.entries.map((entry) => entry.key),
          inWhole.entries.map((entry) => entry.key),
        )
      }),
      { numRuns: 60 },
    )
    await etcd.delete(prefix(start.slice(0, -1)))
  })

  it('deletes everything of itself and nothing else', async () => {
    await using etcd = server.connect()
    const start = uniquePrefix()
    const outer = etcd.keyspace(start)
    for (const key of ['v', 'v/a', 'v/\u{10ffff}', 'v0', 'w']) await outer.put(key, '')
    assert.equal((await outer.keyspace('v/').delete(everything)).deleted, 2)
    assert.equal((await outer.keyspace('v').delete(from('0'))).deleted, 1)
    const { entries } = await outer.list(everything)
    assert.deepEqual(
      entries.map(({ key }) => key),
      ['v', 'w'],
    )
  })

  it('with a prefix of 0xff bytes reaches to the end of the store', async () => {
    await using etcd = server.connect()
    const view = etcd.keyspace(new Uint8Array([255, 255]))
    await view.put('a', '1')
    await view.put(new Uint8Array([255]), '2')
    assert.equal(await view.count(everything), 2)
    assert.equal((await view.delete(prefix(new Uint8Array([255])))).deleted, 1)
    assert.equal((await view.delete(everything)).deleted, 1)
  })

  it('shows a key that is its prefix as the empty key, in ranges only', async () => {
    await using etcd = server.connect()
    const start = uniquePrefix()
    await etcd.put(start, 'itself')
    const view = etcd.keyspace(start)
    const { entries } = await view.list(everything)
    assert.deepEqual(
      entries.map(({ key, value }) => [key, value]),
      [['', 'itself']],
    )
    await assert.rejects(view.get(''), TypeError)
    assert.equal((await view.delete(everything)).deleted, 1)
  })

  it('scans in pages, forwards and backwards, at one revision', async () => {
    await using etcd = server.connect()
    const view = etcd.keyspace(uniquePrefix())
    const names = Array.from({ length: 57 }, (_, n) => `k${String(n).padStart(3, '0')}`)
    await Promise.all(names.map((name) => view.put(name, name)))
    for (const options of [{}, { pageSize: 10 }, { pageSize: 57 }, { pageSize: 1000 }]) {
      const seen: string[] = []
      for await (const { key } of view.scan(everything, options)) {
        if (seen.push(key) === 1) await view.put('k0000', 'added while scanning')
      }
      await view.delete('k0000')
      assert.deepEqual(seen, names)
    }
    const backwards: string[] = []
    for await (const entry of view.scan(prefix('k01'), { pageSize: 3, order: 'descending' })) {
      backwards.push(entry.key)
    }
    assert.deepEqual(backwards, names.slice(10, 20).toReversed())
  })

  it('scan throws CompactedError when its revision is compacted on the way', async () => {
    await using etcd = server.connect()
    const view = etcd.keyspace(uniquePrefix())
    for (const key of ['a', 'b', 'c']) await view.put(key, '')
    const scanAndCompact = async (): Promise<void> => {
      for await (const _ of view.scan(everything, { pageSize: 1 })) {
        const { revision } = await view.put('z', '')
        await etcd.compact(revision)
      }
    }
    await assert.rejects(scanAndCompact(), { name: 'CompactedError', code: 'compacted' })
  })
})
