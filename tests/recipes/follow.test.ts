// Caches, live values, registries and mirrors, on every kind of server.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type Cache,
  cache,
  type Etcd,
  EtcdError,
  everything,
  from,
  json,
  live,
  mirror,
  prefix,
  registry,
} from 'etcdkit'
import { rejectionOf } from '../behaviour/support/rejections.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'

async function contentOf(etcd: Etcd, base: string): Promise<Record<string, string>> {
  const { entries } = await etcd.list(prefix(base))
  return Object.fromEntries(entries.map(({ key, value }) => [key.slice(base.length), value]))
}

function shown(known: Cache<string>): Record<string, string> {
  return Object.fromEntries(known.list().map(({ key, value }) => [key, value]))
}

forEachServer('following', (server) => {
  failOnLeaks()

  describe('cache', () => {
    it('shows the range as it is, and after sync all that was written before', async () => {
      await using etcd = server.connect()
      const keys = etcd.keyspace(uniquePrefix())
      await keys.put('b', '1')
      await using known = cache(keys, everything)
      assert.throws(() => known.get('b'), { name: 'TypeError', message: /not ready/ })
      assert.ok((await known.ready) > 0)
      assert.deepEqual(shown(known), { b: '1' })
      await keys.put('a', '2')
      await keys.put('b', '3')
      await keys.put('c', '4')
      await keys.delete('c')
      const { revision } = await etcd.put(`${uniquePrefix()}elsewhere`, '')
      assert.ok((await known.sync()) >= revision)
      assert.deepEqual(shown(known), { a: '2', b: '3' })
      assert.equal(known.get('a')?.value, '2')
      assert.equal(known.get('c'), undefined)
      assert.equal(known.size, 2)
      assert.deepEqual(
        known.list(from('b')).map(({ key }) => key),
        ['b'],
      )
    })

    it('sync is answered in a quiet store, whatever else the client watches', async () => {
      await using etcd = server.connect()
      const keys = etcd.keyspace(uniquePrefix())
      await keys.put('a', '1')
      await using known = cache(keys, everything)
      await known.ready
      const { revision } = await etcd.put(`${uniquePrefix()}elsewhere`, '')
      // etcd answers no request for progress on a stream with a watch that waits for what comes next.
      const waiting = etcd.watch(uniquePrefix(), { from: revision + 1 })
      await waiting.ready
      assert.ok((await known.sync({ timeoutMs: 60_000 })) >= revision)
      await keys.put('a', '2')
      await keys.delete('a')
      await keys.put('b', '3')
      await known.sync({ timeoutMs: 60_000 })
      assert.deepEqual(shown(known), { b: '3' })
      waiting.cancel()
    })

    it('tells changes, of each key the last that was not read', async () => {
      await using etcd = server.connect()
      const keys = etcd.keyspace(uniquePrefix())
      await keys.put('a', '0')
      await using known = cache(keys, everything)
      await known.ready
      const changes = known.changes()
      for (let index = 1; index <= 5; index++) await keys.put('a', String(index))
      await keys.put('b', 'x')
      await keys.put('c', 'x')
      await keys.delete('c')
      await known.sync()
      const { value: first } = await changes.next()
      assert.deepEqual([first?.previous?.value, first?.current?.value], ['0', '5'])
      const { value: second } = await changes.next()
      assert.deepEqual([second?.previous, second?.current?.value], [undefined, 'x'])
      const next = changes.next()
      await keys.delete('a')
      const { value: third } = await next
      assert.deepEqual([third?.previous?.value, third?.current], ['5', undefined])
      await known.close()
      assert.equal((await changes.next()).done, true)
      assert.throws(() => known.size, { code: 'closed' })
    })

    it('ends rather than to grow without bounds', async () => {
      await using etcd = server.connect()
      const keys = etcd.keyspace(uniquePrefix())
      await using known = cache(keys, everything, { maxEntries: 2 })
      await known.ready
      const changes = known.changes()
      await etcd.txn({})
      for (const key of ['a', 'b', 'c']) await keys.put(key, '')
      const error = await rejectionOf(
        (async () => {
          for await (const _ of changes);
        })(),
      )
      assert.ok(error instanceof EtcdError)
      assert.equal(error.code, 'resource-exhausted')
      assert.equal(known.failure, error)
      assert.throws(() => known.get('a'), { code: 'resource-exhausted' })
    })
  })

  describe('live', () => {
    it('follows a key, and keeps the last good value on a bad write', async () => {
      await using etcd = server.connect()
      const key = `${uniquePrefix()}limits`
      await using limits = live(etcd, key, json<{ max: number }>(), { fallback: { max: 1 } })
      await limits.ready
      assert.deepEqual(limits.value, { max: 1 })
      const changes = limits.changes()
      const { revision } = await etcd.put(key, '{"max":2}')
      const { value: first } = await changes.next()
      assert.deepEqual(first?.current, { value: { max: 2 }, revision })
      await etcd.put(key, 'nonsense')
      await etcd.put(key, '{"max":3}')
      const { value: second } = await changes.next()
      assert.deepEqual(second?.current?.value, { max: 3 })
      assert.equal(limits.failure, undefined)
      await etcd.put(key, 'nonsense')
      const failureOf = (): unknown => limits.failure
      while (failureOf() === undefined) await etcd.get(key)
      const failure = failureOf()
      assert.ok(failure instanceof EtcdError)
      assert.equal(failure.code, 'decode-failed')
      assert.deepEqual(limits.value, { max: 3 })
      await etcd.delete(key)
      const { value: third } = await changes.next()
      assert.equal(third?.current, undefined)
      assert.deepEqual(limits.value, { max: 1 })
    })
  })

  describe('registry', () => {
    it('has the layout of Go, and is left with the session', async () => {
      await using etcd = server.connect()
      const web = registry(etcd, `${uniquePrefix()}web`)
      const endpoint = { address: '10.0.0.1:80', metadata: { zone: 'a' } }
      const registration = await web.register('host-1', endpoint)
      const entry = await etcd.get(`${web.service}/host-1`)
      assert.equal(entry?.value, '{"Op":0,"Addr":"10.0.0.1:80","Metadata":{"zone":"a"}}')
      assert.ok(entry?.lease !== undefined)
      assert.deepEqual(await web.list(), [{ id: 'host-1', ...endpoint }])
      await registration.release()
      assert.deepEqual(await web.list(), [])
    })

    it('tells what there is, and then every change', async () => {
      await using etcd = server.connect()
      await using session = await etcd.session()
      const web = registry(etcd, `${uniquePrefix()}web`)
      await web.update({ a: { address: '1' }, b: { address: '2' } })
      const steps = web.watch()
      const next = async (): Promise<[string, string][]> => {
        const { value } = await steps.next()
        return value ? value.updates.map(({ type, id }): [string, string] => [type, id]) : []
      }
      assert.deepEqual(await next(), [
        ['add', 'a'],
        ['add', 'b'],
      ])
      const c = await web.register('c', { address: '3' }, { session })
      assert.deepEqual(await next(), [['add', 'c']])
      await web.update({ a: undefined, b: { address: '4' } })
      assert.deepEqual((await next()).toSorted(), [
        ['add', 'b'],
        ['delete', 'a'],
      ])
      await c.release()
      const { value } = await steps.next()
      assert.deepEqual(value?.updates, [{ type: 'delete', id: 'c', endpoint: { address: '3' } }])
      assert.deepEqual([...(value?.endpoints ?? [])], [['b', { address: '4' }]])
      await steps.return()
      await assert.rejects(web.register('', { address: 'x' }), { name: 'TypeError' })
    })
  })

  describe('mirror', () => {
    it('copies what is there, then every change, and goes on where it stopped', async () => {
      await using etcd = server.connect()
      const [source, target] = [uniquePrefix(), uniquePrefix()]
      const keys = etcd.keyspace(source)
      for (let index = 0; index < 300; index++) await keys.put(`k${index}`, String(index))
      await etcd.put(`${target}stale`, 'to go')
      await etcd.put(`${target}k1`, 'to change')
      const copy = async (after?: number): Promise<number> => {
        const { revision } = await etcd.put(`${source}end`, String(after))
        const abort = new AbortController()
        let reached = 0
        const onRevision = (at: number): void => {
          reached = at
          if (at >= revision) abort.abort('enough')
        }
        const options = { signal: abort.signal, after, onRevision }
        const ended = mirror(keys, everything, etcd.keyspace(target), options)
        assert.equal(await rejectionOf(ended), 'enough')
        return reached
      }
      const reached = await copy()
      assert.deepEqual(await contentOf(etcd, target), await contentOf(etcd, source))
      await keys.delete(prefix('k1'))
      await keys.txn({ then: [], else: [] })
      await keys.put('k2', 'again')
      await copy(reached)
      assert.deepEqual(await contentOf(etcd, target), await contentOf(etcd, source))
      await keys.put('k3', 'and again')
      const compacted = (await keys.delete('k4')).revision
      await etcd.compact(compacted)
      await copy(reached)
      assert.deepEqual(await contentOf(etcd, target), await contentOf(etcd, source))
    })
  })
})
