// A keyspace is a view: every verb sees the keys with its prefix, without it, and nothing else.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  bytes,
  compare,
  type Etcd,
  everything,
  from,
  json,
  type KeyRange,
  type Keyspace,
  op,
  prefix,
  range,
} from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { closedMessage } from './support/door.ts'
import { collect, keysOf, pairsOf } from './support/entries.ts'
import { etcdErrorOf, rejectionOf } from './support/rejections.ts'

type TextKeys = Keyspace<string, string | Uint8Array>

forEachServer('keyspace', (server) => {
  failOnLeaks()

  it('keyspace.put writes under the prefix, keyspace.get reads there', async () => {
    await using etcd = server.connect()
    const at = uniquePrefix()
    const keys = etcd.keyspace(at)
    await keys.put('a', '1')
    await etcd.put(`${at}b`, '2')
    assert.equal((await etcd.get(`${at}a`))?.value, '1')
    assert.deepEqual([(await keys.get('b'))?.key, (await keys.get('b'))?.value], ['b', '2'])
    assert.equal(await keys.get(`${at}a`), undefined)
  })

  it('entries of a keyspace have keys without its prefix, whichever verb tells them', async () => {
    await using etcd = server.connect()
    const { keys } = await filled(etcd)
    const seen = new Map<string, string | undefined>()
    const put = await keys.put('a', '2', { previous: true })
    seen.set('put', put.previous?.key)
    seen.set('list', (await keys.list('a')).entries[0]?.key)
    seen.set('keys', (await keys.list('a', { keysOnly: true })).entries[0]?.key)
    seen.set('scan', (await collect(keys.scan('a')))[0]?.key)
    seen.set('scan of keys', (await collect(keys.scan('a', { keysOnly: true })))[0]?.key)
    const absent = await keys.putIfAbsent('a', '3')
    seen.set('putIfAbsent', absent.succeeded ? '' : absent.current.key)
    const present = await keys.putIfPresent('a', '3', { previous: true })
    seen.set('putIfPresent', present.succeeded ? present.previous?.key : '')
    const refused = await keys.compareAndSwap('a', '4', { version: 1 })
    seen.set('compareAndSwap refused', refused.succeeded ? '' : refused.current?.key)
    const swapped = await keys.compareAndSwap('a', '4', { value: '3' }, { previous: true })
    seen.set('compareAndSwap', swapped.succeeded ? swapped.previous?.key : '')
    const txn = await keys.txn({
      then: [
        op.get('a'),
        op.list('a'),
        op.put('a', '5', { previous: true }),
        op.txn({ then: [op.get('a')] }),
      ],
    })
    assert.ok(txn.succeeded)
    const [got, list, putOp, inner] = txn.results
    seen.set('op.get', got?.key)
    seen.set('op.list', list.entries[0]?.key)
    seen.set('op.put', putOp.previous?.key)
    seen.set('op.txn', inner.succeeded ? inner.results[0]?.key : '')
    const deleted = await keys.delete('a', { previous: true })
    seen.set('delete', deleted.previous[0]?.key)
    for (const [verb, key] of seen) assert.equal(key, 'a', verb)
  })

  describe('ranges of a keyspace end where its prefix does', () => {
    const targets: readonly [string, KeyRange, readonly string[]][] = [
      ['everything', everything, ['', 'a', 'b', 'b/1']],
      ['the empty prefix', prefix(''), ['', 'a', 'b', 'b/1']],
      ['from the empty key', from(''), ['', 'a', 'b', 'b/1']],
      ['from a key', from('b'), ['b', 'b/1']],
      ['from after the last', from('c'), []],
      ['a prefix', prefix('b'), ['b', 'b/1']],
      ['a range', range('a', 'b'), ['a']],
      ['a range with an end beyond all keys', range('b', '\u{10ffff}'), ['b', 'b/1']],
      ['a prefix without an end', prefix(new Uint8Array([0xff])), []],
    ]
    for (const [name, target, expected] of targets) {
      it(`every verb: ${name}`, async () => {
        await using etcd = server.connect()
        const { keys, outside } = await filled(etcd)
        const before = await outside()
        assert.deepEqual(keysOf((await keys.list(target)).entries), expected)
        assert.equal(await keys.count(target), expected.length)
        assert.deepEqual(keysOf(await collect(keys.scan(target, { pageSize: 1 }))), expected)
        const backwards = await collect(keys.scan(target, { pageSize: 1, order: 'descending' }))
        assert.deepEqual(keysOf(backwards), expected.toReversed())
        const { succeeded } = await keys.txn({ if: [compare.exists(target)] })
        assert.equal(succeeded, expected.length > 0)
        const deleted = await keys.delete(target, { previous: true })
        assert.deepEqual(keysOf(deleted.previous), expected)
        assert.deepEqual(await outside(), before)
      })
    }
  })

  it('a key that is the prefix itself is the empty key, which only ranges reach', async () => {
    await using etcd = server.connect()
    const at = uniquePrefix()
    const keys = etcd.keyspace(at)
    await etcd.put(at, 'the prefix itself')
    const { entries } = await keys.list(everything)
    assert.deepEqual(pairsOf(entries), [['', 'the prefix itself']])
    assert.ok((await rejectionOf(keys.get(''))) instanceof TypeError)
    assert.equal((await keys.delete(everything)).deleted, 1)
  })

  it('keyspaces nest: prefixes add up, and the codec stays unless another is given', async () => {
    await using etcd = server.connect()
    const at = uniquePrefix()
    const outer = etcd.keyspace(at, json<{ n: number }>())
    const middle = outer.keyspace('middle/')
    const inner = middle.keyspace('inner/', bytes)
    await middle.put('a', { n: 1 })
    await inner.put('b', new Uint8Array([0x37]))
    assert.deepEqual((await outer.get('middle/a'))?.value, { n: 1 })
    assert.deepEqual((await middle.get('inner/b'))?.value, 7, 'the byte of the digit 7')
    assert.deepEqual([...((await inner.get('b'))?.value ?? [])], [0x37])
    assert.deepEqual(keysOf((await outer.list(everything)).entries), ['middle/a', 'middle/inner/b'])
    assert.deepEqual(keysOf((await middle.list(everything)).entries), ['a', 'inner/b'])
    assert.equal((await etcd.get(`${at}middle/a`))?.value, '{"n":1}')
    await inner.delete(everything)
    assert.deepEqual(keysOf((await outer.list(everything)).entries), ['middle/a'])
  })

  it('the keyspace of the empty prefix is all keys', async () => {
    await using etcd = server.connect()
    const key = `${uniquePrefix()}a`
    await etcd.put(key, '1')
    const view = etcd.keyspace('')
    assert.equal((await view.get(key))?.key, key)
    assert.equal(await view.count(everything), await etcd.count(everything))
  })

  it('keyspaces whose prefixes begin alike do not see each other', async () => {
    await using etcd = server.connect()
    const at = uniquePrefix()
    const [short, long] = [etcd.keyspace(`${at}app`), etcd.keyspace(`${at}app2`)]
    await short.put('/a', 'short')
    await long.put('/a', 'long')
    assert.deepEqual(pairsOf((await long.list(everything)).entries), [['/a', 'long']])
    assert.deepEqual(keysOf((await short.list(everything)).entries), ['/a', '2/a'])
  })

  it('a prefix may be any bytes, and half a character of the keys', async () => {
    await using etcd = server.connect()
    const at = Buffer.from(uniquePrefix())
    const [half, other] = [...Buffer.from('é')]
    const keys = etcd.keyspace(Uint8Array.from([...at, 0xff, half ?? 0]))
    await keys.put('plain', '1')
    await keys.put(Uint8Array.from([other ?? 0]), '2')
    const { entries } = await keys.list(everything)
    assert.equal(entries[0]?.key, 'plain')
    assert.deepEqual([...(entries[1]?.keyBytes ?? [])], [other])
    assert.equal(await etcd.count(prefix(Uint8Array.from(at))), 2)
  })

  for (const [kind, make] of [
    ['Uint8Array', (text: string): Uint8Array => new TextEncoder().encode(text)],
    ['Buffer', (text: string): Uint8Array => Buffer.from(text)],
  ] as const) {
    it(`a keyspace has a prefix of its own: what becomes of the ${kind} given does not matter`, async () => {
      await using etcd = server.connect()
      const at = uniquePrefix()
      const given = make(at)
      const keys = etcd.keyspace(given)
      given.fill(0x7a)
      await keys.put('a', '1')
      assert.equal((await etcd.get(`${at}a`))?.value, '1')
      assert.equal(await keys.count(everything), 1)
    })
  }

  it('errors name keys as the keyspace sees them', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const { revision } = await keys.put('a', '1')
    const future = { revision: revision + 1 }
    const unknown = { lease: '77' }
    const messages: readonly [() => Promise<unknown>, string][] = [
      [() => keys.put('a/b', '1', unknown), 'Cannot put "a/b": '],
      [() => keys.get('a', future), 'Cannot get "a": '],
      [() => keys.list(prefix('a'), future), 'Cannot list prefix "a": '],
      [() => keys.count(everything, future), 'Cannot count all keys: '],
      [() => collect(keys.scan(from('a'), future)), 'Cannot scan from "a": '],
      [() => keys.putIfAbsent('b', '1', unknown), 'Cannot put "b" if absent: '],
      [() => keys.putIfPresent('a', '1', unknown), 'Cannot put "a" if present: '],
      [
        () => keys.compareAndSwap('a', '1', { version: 1 }, unknown),
        'Cannot compare and swap "a": ',
      ],
    ]
    for (const [call, start] of messages) {
      const error = await rejectionOf(call())
      assert.ok(error instanceof Error && error.message.startsWith(start), String(error))
    }
  })

  it('a keyspace is closed with its client', async () => {
    const etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix()).keyspace('inner/')
    await keys.put('a', '1')
    await etcd.close()
    const error = await etcdErrorOf(keys.put('a', '2'), 'closed')
    assert.match(error.message, /^Cannot put "a": /)
    assert.match(error.message, closedMessage)
  })
})

/** A keyspace with four keys, its own prefix among them, and neighbours of every sort around it. */
async function filled(etcd: Etcd): Promise<{ keys: TextKeys; outside: () => Promise<unknown> }> {
  const at = uniquePrefix()
  const parent = etcd.keyspace(at)
  const [inside, around] = [
    ['p/', 'p/a', 'p/b', 'p/b/1'],
    ['a', 'b', 'p', 'p.', 'p.\u{10ffff}', 'p0', 'p0/a', 'q'],
  ]
  await Promise.all([...inside, ...around].map((key) => parent.put(key, key)))
  const outside = async (): Promise<unknown> => {
    const { entries } = await parent.list(everything)
    return entries.filter(({ key }) => !key.startsWith('p/')).map((entry) => entry.toJSON())
  }
  return { keys: parent.keyspace('p/'), outside }
}
