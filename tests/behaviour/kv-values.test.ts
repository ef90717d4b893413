// Keys and values of every kind and size: binary, odd, empty, and as large as the server takes.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { bytes, Etcd, everything, type Keyspace, op, prefix } from 'etcdkit'
import fc from 'fast-check'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { collect, keysOf, pairsOf } from './support/entries.ts'
import { etcdErrorOf } from './support/rejections.ts'

// etcd's own limits: of a request as it stores it, and of a message.
const maxRequestBytes = 1_572_864
const maxMessageBytes = 2_097_152
const mebibyte = 1024 * 1024

const oddKeys = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '0',
  '-1',
  ' ',
  '/',
  '//',
  '.',
  'a\u0000b',
  'a\nb',
  '%00',
  'ключ',
  '鍵',
  '🔑',
  '\ufeffmark',
  'e\u0301',
  '\u00e9',
]

forEachServer('kv values', (server) => {
  failOnLeaks()

  it('keys that JavaScript objects stumble over are keys like others', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    await Promise.all(oddKeys.map((key, n) => keys.put(key, `value ${n}`)))
    for (const [n, key] of oddKeys.entries()) {
      assert.equal((await keys.get(key))?.value, `value ${n}`, JSON.stringify(key))
    }
    const { entries } = await keys.list(everything)
    const expected = oddKeys.map((key, n): [string, string] => [key, `value ${n}`])
    assert.deepEqual(pairsOf(entries).toSorted(byKey), expected.toSorted(byKey))
    assert.equal((await keys.delete(prefix('__proto__'))).deleted, 1)
  })

  it('any bytes make a key, and come back as they were, in the order of bytes', async () => {
    await using etcd = server.connect()
    const key = fc.uint8Array({ minLength: 1, maxLength: 40 })
    const keys = fc.uniqueArray(key, { maxLength: 30, selector: (bytes) => hex(bytes) })
    await fc.assert(
      fc.asyncProperty(keys, async (given) => {
        const view = etcd.keyspace(uniquePrefix(), bytes)
        await Promise.all(given.map((each) => view.put(each, each.toReversed())))
        const { entries } = await view.list(everything)
        const found = entries.map(({ keyBytes, value }) => [hex(keyBytes), hex(value)])
        const sorted = given.toSorted(Buffer.compare)
        assert.deepEqual(
          found,
          sorted.map((each) => [hex(each), hex(each.toReversed())]),
        )
      }),
      { numRuns: 20 },
    )
  })

  it('keys that differ only in bytes that are no text stay apart', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const [first, second] = [new Uint8Array([0xfe]), new Uint8Array([0xff])]
    await keys.put(first, 'first')
    await keys.put(second, 'second')
    assert.deepEqual(
      [(await keys.get(first))?.value, (await keys.get(second))?.value],
      ['first', 'second'],
    )
  })

  it('text and its UTF-8 bytes, in whatever view, name the same key', async () => {
    await using etcd = server.connect()
    const key = `${uniquePrefix()}ключ`
    await etcd.put(key, '1')
    const plain = new TextEncoder().encode(key)
    const within = new Uint8Array([9, ...plain, 9]).subarray(1, plain.length + 1)
    for (const form of [plain, Buffer.from(key), within]) {
      assert.equal((await etcd.get(form))?.key, key)
    }
  })

  it('an empty value is a value', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    await keys.put('text', '')
    await keys.put('bytes', new Uint8Array(0))
    assert.deepEqual(pairsOf((await keys.list(everything)).entries), [
      ['bytes', ''],
      ['text', ''],
    ])
    assert.equal((await keys.put('text', 'no longer', { previous: true })).previous?.value, '')
  })

  it('values of any bytes come back as they were', async () => {
    await using etcd = server.connect()
    const view = etcd.keyspace(uniquePrefix(), bytes)
    const all = Uint8Array.from({ length: 256 }, (_, n) => n)
    await view.put('all', all)
    assert.deepEqual([...((await view.get('all'))?.value ?? [])], [...all])
  })

  it('a value of 1.4 MiB is stored and read, by every verb', async () => {
    await using etcd = server.connect()
    const view = etcd.keyspace(uniquePrefix(), bytes)
    const large = patterned(1.4 * mebibyte)
    await view.put('large', large)
    assert.ok(sameBytes((await view.get('large'))?.value, large))
    await view.txn({ then: [op.put('by txn', large)] })
    assert.ok(
      sameBytes((await view.delete('by txn', { previous: true })).previous[0]?.value, large),
    )
    const [scanned] = await collect(view.scan(everything))
    assert.ok(sameBytes(scanned?.value, large))
  })

  it('a key may be large as well', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const key = 'k'.repeat(200_000)
    await keys.put(key, '1')
    assert.deepEqual(keysOf((await keys.list(everything)).entries), [key])
  })

  it('a request larger than the server takes rejects with request-too-large, and is not applied', async () => {
    await using etcd = server.connect()
    const key = `${uniquePrefix()}a`
    await etcd.put(key, new Uint8Array(maxRequestBytes - 100 - key.length))
    for (const size of [maxRequestBytes, maxMessageBytes, 3 * mebibyte]) {
      const error = await etcdErrorOf(etcd.put(key, new Uint8Array(size)), 'request-too-large')
      assert.equal(error.outcome, 'not-applied')
      assert.ok(error.message.startsWith(`Cannot put ${JSON.stringify(key)}: `), error.message)
    }
    assert.equal((await etcd.get(key))?.version, 1)
  })

  it('etcd.list answers with 12 MiB in one call', async () => {
    await using etcd = server.connect({ timeoutMs: 60_000 })
    const view = etcd.keyspace(uniquePrefix(), bytes)
    const value = patterned(mebibyte)
    await putNumbered(view, 12, value)
    const { entries, count, more } = await view.list(everything)
    assert.deepEqual([entries.length, count, more], [12, 12, false])
    assert.ok(entries.every((entry) => sameBytes(entry.value, value)))
  })

  it('maxMessageBytes bounds what a client takes: message-too-large, and the client works on', async () => {
    await using etcd = new Etcd({ endpoints: server.endpoints, maxMessageBytes: mebibyte })
    const view = etcd.keyspace(uniquePrefix(), bytes)
    await putNumbered(view, 3, patterned(1.1 * mebibyte))
    const error = await etcdErrorOf(view.list(everything), 'message-too-large')
    assert.equal(error.outcome, undefined)
    assert.equal((await view.list(everything, { keysOnly: true })).entries.length, 3)
  })
})

function byKey([left]: [string, string], [right]: [string, string]): number {
  return left < right ? -1 : Number(left > right)
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function sameBytes(left: Uint8Array | undefined, right: Uint8Array): boolean {
  return left !== undefined && Buffer.compare(left, right) === 0
}

/** Bytes that tell where they are, so that a piece out of place is seen. */
function patterned(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, n) => n ^ (n >> 8) ^ (n >> 16))
}

async function putNumbered(
  view: Keyspace<Uint8Array>,
  count: number,
  value: Uint8Array,
): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, n) => view.put(`${n}`, value)))
}
