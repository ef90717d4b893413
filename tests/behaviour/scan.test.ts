// Scans: every key once, all at one revision, whatever is written, deleted or compacted meanwhile.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import {
  bytes,
  CompactedError,
  type Etcd,
  everything,
  from,
  type Keyspace,
  prefix,
  range,
  type ScanOptions,
} from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { closedMessage } from './support/door.ts'
import { collect, keysOf, pairsOf } from './support/entries.ts'
import { etcdErrorOf, rejectionOf } from './support/rejections.ts'
import { connectBySocket } from './support/sockets.ts'

const mebibyte = 1024 * 1024
const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']

type TextKeys = Keyspace<string, string | Uint8Array>

forEachServer('scan', (server) => {
  failOnLeaks()

  for (const pageSize of [1, 2, 3, 6, 7, 8, 1000, undefined]) {
    it(`etcd.scan yields each key once, in order, in pages of ${pageSize ?? 'its own choice'}`, async () => {
      await using etcd = server.connect()
      const keys = await filled(etcd)
      assert.deepEqual(keysOf(await collect(keys.scan(everything, { pageSize }))), names)
      const descending: ScanOptions = { pageSize, order: 'descending' }
      assert.deepEqual(keysOf(await collect(keys.scan(everything, descending))), names.toReversed())
    })
  }

  it('etcd.scan takes every kind of target', async () => {
    await using etcd = server.connect()
    const keys = await filled(etcd)
    const cases = [
      ['d', ['d']],
      ['x', []],
      [range('b', 'e'), ['b', 'c', 'd']],
      [range('e', 'b'), []],
      [prefix('c'), ['c']],
      [prefix('x'), []],
      [from('e'), ['e', 'f', 'g']],
    ] as const
    for (const [target, expected] of cases) {
      for (const order of ['ascending', 'descending'] as const) {
        const found = keysOf(await collect(keys.scan(target, { pageSize: 1, order })))
        assert.deepEqual(found, order === 'ascending' ? expected : expected.toReversed())
      }
    }
  })

  it('etcd.scan of more keys than any page has yields them all', async () => {
    await using etcd = server.connect({ timeoutMs: 60_000 })
    const keys = etcd.keyspace(uniquePrefix())
    const many = Array.from({ length: 1500 }, (_, n) => `${n}`.padStart(5, '0'))
    await Promise.all(many.map((name) => keys.put(name, name)))
    assert.deepEqual(keysOf(await collect(keys.scan(everything))), many)
    const descending = await collect(keys.scan(everything, { order: 'descending' }))
    assert.deepEqual(keysOf(descending), many.toReversed())
  })

  for (const order of ['ascending', 'descending'] as const) {
    it(`etcd.scan, ${order}, sees the store as it was at its first page, while writes go on`, async () => {
      await using etcd = server.connect()
      const keys = await filled(etcd)
      const seen: [string, string][] = []
      for await (const { key, value } of keys.scan(everything, { pageSize: 2, order })) {
        seen.push([key, value])
        for (const name of names) await keys.put(name, `changed after ${key}`)
        await keys.put(`${key} new`, 'new')
        await keys.delete(seen.length % 2 === 0 ? 'g' : 'a')
      }
      const expected = names.map((name): [string, string] => [name, `value of ${name}`])
      assert.deepEqual(seen, order === 'ascending' ? expected : expected.toReversed())
    })
  }

  it('scan.revision is the one read at', async () => {
    await using etcd = server.connect()
    const keys = await filled(etcd)
    const { revision } = await keys.list(everything)
    await keys.delete(everything)
    for (const pageSize of [2, undefined]) {
      assert.deepEqual(keysOf(await collect(keys.scan(everything, { revision, pageSize }))), names)
    }
    assert.deepEqual(await collect(keys.scan(everything)), [])
  })

  it('etcd.scan of a revision to come rejects with future-revision', async () => {
    await using etcd = server.connect()
    const keys = await filled(etcd)
    const { revision } = await keys.list(everything)
    await etcdErrorOf(collect(keys.scan(everything, { revision: revision + 1 })), 'future-revision')
  })

  it('etcd.scan whose revision is compacted meanwhile throws a CompactedError', async () => {
    await using etcd = server.connect()
    const keys = await filled(etcd)
    const seen: string[] = []
    const scanning = (async () => {
      for await (const { key } of keys.scan(prefix(''), { pageSize: 2 })) {
        seen.push(key)
        const { revision } = await keys.put('other', 'newer')
        await etcd.compact(revision)
      }
    })()
    const error = await etcdErrorOf(scanning, 'compacted')
    assert.ok(error instanceof CompactedError)
    assert.equal(error.message, 'Cannot scan all keys: required revision has been compacted')
    assert.deepEqual(seen, ['a', 'b'])
  })

  it('scan.keysOnly leaves out the values', async () => {
    await using etcd = server.connect()
    const keys = await filled(etcd)
    const entries = await collect(keys.scan(everything, { keysOnly: true, pageSize: 3 }))
    assert.deepEqual(
      pairsOf(entries),
      names.map((name) => [name, undefined]),
    )
    assert.ok(entries.every(({ valueBytes, version }) => valueBytes.length === 0 && version === 1))
  })

  it('etcd.scan leaves out what its bounds leave out, over any number of pages', async () => {
    await using etcd = server.connect()
    const keys = await filled(etcd)
    const { revision } = await keys.put('b', 'again')
    await keys.put('f', 'again')
    const found = async (options: ScanOptions): Promise<string[]> => {
      return keysOf(await collect(keys.scan(everything, { pageSize: 1, ...options })))
    }
    assert.deepEqual(await found({ minModRevision: revision }), ['b', 'f'])
    assert.deepEqual(await found({ maxModRevision: revision - 1 }), ['a', 'c', 'd', 'e', 'g'])
    assert.deepEqual(await found({ minCreateRevision: revision - 2 }), ['f', 'g'])
    assert.deepEqual(await found({ maxCreateRevision: revision - 6 }), ['a', 'b'])
    assert.deepEqual(await found({ minModRevision: revision, maxModRevision: revision }), ['b'])
    assert.deepEqual(await found({ minModRevision: revision + 2 }), [])
  })

  it('etcd.scan comes to the very first key there is from both sides', async () => {
    await using etcd = server.connect()
    const first = ['\0', '\0\0', '\0\u0001']
    await Promise.all(first.map((key) => etcd.put(key, '1')))
    const target = range('', '\u0001')
    assert.deepEqual(keysOf(await collect(etcd.scan(target, { pageSize: 1 }))), first)
    const downwards = await collect(etcd.scan(target, { pageSize: 1, order: 'descending' }))
    assert.deepEqual(keysOf(downwards), first.toReversed())
  })

  it('etcd.scan makes pages small enough for maxMessageBytes', async () => {
    await using etcd = connectBySocket(server, { maxMessageBytes: mebibyte })
    const keys = etcd.keyspace(uniquePrefix(), bytes)
    // Small ones first, so that the pages have grown when the large ones come.
    const small = Array.from({ length: 300 }, (_, n) => `a${1000 + n}`)
    const large = Array.from({ length: 5 }, (_, n) => `b${n}`)
    await Promise.all(small.map((name) => keys.put(name, new Uint8Array(10))))
    await Promise.all(large.map((name) => keys.put(name, new Uint8Array(0.7 * mebibyte))))
    assert.deepEqual(keysOf(await collect(keys.scan(everything))), [...small, ...large])
    const pages = { pageSize: 4 }
    assert.deepEqual(keysOf(await collect(keys.scan(everything, pages))), [...small, ...large])
  })

  it('etcd.scan to an entry larger than maxMessageBytes throws message-too-large', async () => {
    await using etcd = connectBySocket(server, { maxMessageBytes: mebibyte })
    const keys = etcd.keyspace(uniquePrefix(), bytes)
    await keys.put('a', new Uint8Array(1))
    await keys.put('b', new Uint8Array(1.2 * mebibyte))
    const seen: string[] = []
    const scanning = (async () => {
      for await (const { key } of keys.scan(everything)) seen.push(key)
    })()
    await etcdErrorOf(scanning, 'message-too-large')
    assert.deepEqual(seen, ['a'])
  })

  it('a loop over etcd.scan may be left at any time', async () => {
    await using etcd = server.connect()
    const keys = await filled(etcd)
    for await (const { key } of keys.scan(everything, { pageSize: 2 })) {
      if (key === 'c') break
    }
    const scan = keys.scan(everything, { pageSize: 2 })
    assert.equal((await scan.next()).value?.key, 'a')
    await scan.return()
    assert.deepEqual(await scan.next(), { done: true, value: undefined })
  })

  it('scans at a time do not disturb one another', async () => {
    await using etcd = server.connect()
    const keys = await filled(etcd)
    const scans = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        collect(keys.scan(everything, { pageSize: 1 + (n % 3) })),
      ),
    )
    for (const entries of scans) assert.deepEqual(keysOf(entries), names)
  })

  it('scan.signal ends the scan with its reason, between pages as well', async () => {
    await using etcd = server.connect()
    const keys = await filled(etcd)
    const controller = new AbortController()
    const reason = { enough: true }
    const seen: string[] = []
    const scanning = (async () => {
      const options = { pageSize: 2, signal: controller.signal }
      for await (const { key } of keys.scan(everything, options)) {
        seen.push(key)
        if (key === 'b') controller.abort(reason)
      }
    })()
    assert.equal(await rejectionOf(scanning), reason)
    assert.deepEqual(seen, ['a', 'b'])
  })

  it('etcd.close ends a scan that is under way', async () => {
    const etcd: Etcd = server.connect()
    const keys = await filled(etcd)
    const scan = keys.scan(everything, { pageSize: 1 })
    await scan.next()
    await etcd.close()
    const error = await etcdErrorOf(scan.next(), 'closed')
    assert.match(error.message, /^Cannot scan all keys: /)
    assert.match(error.message, closedMessage)
  })
})

/** A keyspace with {@link names} in it, put one after the other. */
async function filled(etcd: Etcd): Promise<TextKeys> {
  const keys = etcd.keyspace(uniquePrefix())
  for (const name of names) await keys.put(name, `value of ${name}`)
  return keys
}
