// Reading, writing and deleting keys, on real servers.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { everything, from, prefix, range } from 'etcdkit'
import { failOnLeaks } from '../../support/leaks.ts'
import { forEachServer } from '../../support/suites.ts'
import { uniquePrefix } from '../../support/unique-prefix.ts'

forEachServer('client verbs', (server) => {
  failOnLeaks()

  it('etcd.put writes a key, and tells the revision and what was there before', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const first = await keys.put('a', '1')
    const second = await keys.put('a', '2', { previous: true })
    assert.equal(first.previous, undefined)
    assert.equal(second.revision, first.revision + 1)
    assert.deepEqual([second.previous?.value, second.previous?.modRevision], ['1', first.revision])
  })

  it('etcd.get tells an entry, or undefined', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    assert.equal(await keys.get('a'), undefined)
    const { revision } = await keys.put('a', '1')
    const again = await keys.put('a', '2')
    const entry = await keys.get('a')
    assert.deepEqual(entry?.toJSON(), {
      key: 'a',
      value: '2',
      createRevision: revision,
      modRevision: again.revision,
      version: 2,
    })
    assert.equal((await keys.get('a', { revision }))?.value, '1')
    assert.equal((await keys.get('a', { serializable: true }))?.value, '2')
  })

  it('etcd.get reads what never existed, what is gone, and what came back', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const { revision } = await keys.put('a', '1')
    await keys.delete('a')
    assert.equal(await keys.get('a'), undefined)
    const back = await keys.put('a', '3')
    const entry = await keys.get('a')
    assert.deepEqual([entry?.version, entry?.createRevision], [1, back.revision])
    assert.equal(await keys.get('a', { revision: revision - 1 }), undefined)
    assert.equal(await keys.get('a', { revision: revision + 1 }), undefined)
  })

  it('keys and values may be any bytes, and values empty', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const key = new Uint8Array([0, 255, 254, 10])
    await keys.put(key, new Uint8Array([255, 0, 128]))
    await keys.put('empty', '')
    await keys.put('text €𝄞', 'ü€𝄞\0')
    const entry = await keys.get(key)
    assert.deepEqual([...(entry?.keyBytes ?? [])], [...key])
    assert.deepEqual([...(entry?.valueBytes ?? [])], [255, 0, 128])
    assert.throws(() => entry?.value, { code: 'decode-failed' })
    assert.equal((await keys.get('empty'))?.value, '')
    const text = await keys.get('text €𝄞')
    assert.deepEqual([text?.key, text?.value], ['text €𝄞', 'ü€𝄞\0'])
  })

  it('put with ignoreValue keeps the value, with ignoreLease the lease', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    await assert.rejects(keys.put('a', undefined, { ignoreValue: true }), {
      code: 'key-not-found',
      outcome: 'not-applied',
    })
    await assert.rejects(keys.put('a', 'x', { ignoreLease: true }), { code: 'key-not-found' })
    const { id } = await etcd.leases.grant({ ttlSeconds: 60 })
    await keys.put('a', '1')
    await keys.put('a', undefined, { ignoreValue: true, lease: id })
    await keys.put('a', '2', { ignoreLease: true })
    const entry = await keys.get('a')
    assert.deepEqual([entry?.value, entry?.lease, entry?.version], ['2', id, 3])
    await keys.put('a', '3')
    assert.equal((await keys.get('a'))?.lease, undefined)
    await etcd.leases.revoke(id)
  })

  it('etcd.delete deletes a key or a range, and tells how many and what', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    for (const key of ['a', 'b', 'c', 'c/abc', 'd']) await keys.put(key, `of ${key}`)
    const none = await keys.delete('x')
    assert.deepEqual([none.deleted, none.previous], [0, []])
    const one = await keys.delete('a', { previous: true })
    assert.deepEqual([one.deleted, one.previous[0]?.value], [1, 'of a'])
    const two = await keys.delete(prefix('c'), { previous: true })
    assert.deepEqual(
      two.previous.map(({ key }) => key),
      ['c', 'c/abc'],
    )
    assert.equal((await keys.delete(range('b', 'd'))).deleted, 1)
    assert.equal((await keys.delete(from('a'))).deleted, 1)
    assert.equal((await keys.delete(everything)).deleted, 0)
    assert.equal(await keys.count(everything), 0)
  })

  it('etcd.delete of nothing makes no revision', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const { revision } = await keys.put('a', '1')
    assert.equal((await keys.delete(prefix('none'))).revision, revision)
  })

  it('putIfAbsent, putIfPresent and compareAndSwap tell what they found', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    assert.equal((await keys.putIfPresent('a', '0')).succeeded, false)
    assert.equal((await keys.putIfAbsent('a', '1')).succeeded, true)
    const absent = await keys.putIfAbsent('a', '2')
    assert.equal(absent.succeeded || absent.current.value, '1')
    const present = await keys.putIfPresent('a', '3', { previous: true })
    assert.equal(present.succeeded && present.previous?.value, '1')

    const stale = await keys.compareAndSwap('a', '4', { value: '1' })
    assert.equal(stale.succeeded || stale.current?.value, '3')
    const swapped = await keys.compareAndSwap('a', '4', { value: '3' }, { previous: true })
    assert.equal(swapped.succeeded && swapped.previous?.value, '3')
    const again = { modRevision: swapped.revision, version: 3 }
    assert.equal((await keys.compareAndSwap('a', '5', again)).succeeded, true)
    assert.equal((await keys.compareAndSwap('a', '6', again)).succeeded, false)
    const missing = await keys.compareAndSwap('b', '1', { value: '1' })
    assert.equal(missing.succeeded || missing.current, undefined)
    assert.equal((await keys.compareAndSwap('b', '1', { version: 0 })).succeeded, true)
  })

  it('compareAndSwap lets one of many win each round', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    await keys.put('count', '0')
    const increment = async (): Promise<void> => {
      for (;;) {
        const entry = await keys.get('count')
        const next = String(Number(entry?.value) + 1)
        const { modRevision } = entry ?? { modRevision: 0 }
        if ((await keys.compareAndSwap('count', next, { modRevision })).succeeded) return
      }
    }
    await Promise.all(Array.from({ length: 10 }, increment))
    assert.equal((await keys.get('count'))?.value, '10')
  })

  it('puts of one client arrive in the order they were made', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const results = await Promise.all(Array.from({ length: 300 }, (_, n) => keys.put('a', `${n}`)))
    assert.equal(new Set(results.map(({ revision }) => revision)).size, 300)
    assert.equal((await keys.get('a'))?.version, 300)
  })
})
