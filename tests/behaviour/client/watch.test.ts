// The client's watches on real servers: what they tell.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import {
  CompactedError,
  Etcd,
  everything,
  from,
  json,
  op,
  prefix,
  range,
  type Watch,
  type WatchEvent,
} from 'etcdkit'
import { failOnLeaks } from '../../support/leaks.ts'
import { forEachServer } from '../../support/suites.ts'
import { uniquePrefix } from '../../support/unique-prefix.ts'

/** The first `count` events; leaves the watch. */
async function take<V>(watch: Watch<V>, count: number): Promise<WatchEvent<V>[]> {
  const events: WatchEvent<V>[] = []
  for await (const event of watch) if (events.push(event) === count) break
  return events
}

const byName = ([a]: readonly [string, number], [b]: readonly [string, number]): number =>
  a < b ? -1 : 1

const facts = (events: readonly WatchEvent<unknown>[]): unknown[] =>
  events.map(({ type, key, value }) => [type, key, value])

forEachServer('client watch', (server) => {
  failOnLeaks()

  it('tells puts and deletes as they happen, after it is ready', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const watch = keys.watch(prefix('a'))
    const revision = await watch.ready
    const put = await keys.put('a1', 'x')
    await keys.put('b', 'not this one')
    await keys.put('a1', 'y')
    await keys.delete('a1')
    const events = await take(watch, 3)
    assert.deepEqual(facts(events), [
      ['put', 'a1', 'x'],
      ['put', 'a1', 'y'],
      ['delete', 'a1', undefined],
    ])
    assert.ok(put.revision > revision)
    assert.deepEqual(
      events.map((event) => [event.revision, event.created]),
      [
        [put.revision, true],
        [put.revision + 2, false],
        [put.revision + 3, false],
      ],
    )
  })

  it('tells history from a revision on, and goes on with what happens', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const { revision } = await keys.put('a', '1')
    for (const value of ['2', '3']) await keys.put('a', value)
    const watch = keys.watch('a', { from: revision + 1 })
    await watch.ready
    await keys.put('a', '4')
    assert.deepEqual(
      (await take(watch, 3)).map(({ value }) => value),
      ['2', '3', '4'],
    )
  })

  it('from a revision in the future waits for it', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const { revision } = await keys.put('a', '1')
    const watch = keys.watch('a', { from: revision + 3 })
    await watch.ready
    for (const value of ['2', '3', '4']) await keys.put('a', value)
    assert.equal((await take(watch, 1))[0]?.value, '4')
  })

  it('of a key, a range, a start, a prefix and everything tells what belongs to it', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const { revision } = await keys.put('a', '')
    for (const key of ['b', 'ba', 'c', 'd']) await keys.put(key, '')
    for (const [target, expected] of [
      ['b', ['b']],
      [range('b', 'c'), ['b', 'ba']],
      [from('c'), ['c', 'd']],
      [prefix('b'), ['b', 'ba']],
      [everything, ['a', 'b', 'ba', 'c', 'd']],
    ] as const) {
      const watch = keys.watch(target, { from: revision })
      const events = await take(watch, expected.length)
      assert.deepEqual(
        events.map(({ key }) => key),
        expected,
      )
    }
  })

  it('of nothing but a range without keys is refused', async () => {
    await using etcd = server.connect()
    const watch = etcd.watch(range('b', 'a'))
    await assert.rejects(watch.ready, { code: 'empty-watch-range' })
    await assert.rejects(take(watch, 1), {
      code: 'empty-watch-range',
      message: 'Cannot watch range "b" to "a": watcher range is empty',
    })
  })

  it('tells what was there before, if asked', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const watch = keys.watch('a', { previous: true })
    const without = keys.watch('a')
    await Promise.all([watch.ready, without.ready])
    await keys.put('a', '1')
    await keys.put('a', '2')
    await keys.delete('a')
    assert.deepEqual(
      (await take(watch, 3)).map(({ previous }) => previous?.value),
      [undefined, '1', '2'],
    )
    assert.ok((await take(without, 3)).every(({ previous }) => previous === undefined))
  })

  it('tells only puts, or only deletes, if asked', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const puts = keys.watch('a', { only: 'put' })
    const deletes = keys.watch('a', { only: 'delete' })
    await Promise.all([puts.ready, deletes.ready])
    for (let round = 0; round < 2; round++) {
      await keys.put('a', `${round}`)
      await keys.delete('a')
    }
    assert.deepEqual(
      (await take(puts, 2)).map(({ type }) => type),
      ['put', 'put'],
    )
    assert.deepEqual(
      (await take(deletes, 2)).map(({ type }) => type),
      ['delete', 'delete'],
    )
  })

  it('tells the changes of a transaction in one batch', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const watch = keys.watch(everything)
    await watch.ready
    const { revision } = await keys.txn({ then: ['a', 'b', 'c'].map((key) => op.put(key, '1')) })
    const { value: batch } = await watch.batches().next()
    assert.deepEqual([batch?.kind, batch?.revision, batch?.events.length], ['events', revision, 3])
    watch.cancel()
  })

  it('sees keys without the prefix of its keyspace, and values through its codec', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix()).keyspace('n/', json<{ n: number }>())
    const watch = keys.watch(everything, { previous: true })
    await watch.ready
    await keys.put('a', { n: 1 })
    await keys.put('a', { n: 2 })
    const [, event] = await take(watch, 2)
    assert.deepEqual([event?.key, event?.value, event?.previous?.key], ['a', { n: 2 }, 'a'])
  })

  it('catches up with more than a thousand revisions, each once and in order', async () => {
    await using writer = new Etcd({ endpoints: server.endpoints, timeoutMs: 60_000 })
    await using etcd = server.connect()
    const keys = writer.keyspace(uniquePrefix())
    const { revision } = await keys.put('n', '0')
    const count = 1500
    await Promise.all(Array.from({ length: count - 1 }, (_, n) => keys.put('n', `${n + 1}`)))
    const options = { from: revision, highWaterBytes: 50_000 }
    const events = await take(etcd.keyspace(keys.prefix).watch('n', options), count)
    assert.deepEqual(
      events.map((event) => event.revision),
      Array.from({ length: count }, (_, n) => revision + n),
    )
  })

  it('delivers large history, in fragments or not', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const value = 'x'.repeat(400_000)
    const { revision } = await keys.put('a', value)
    for (let count = 1; count < 10; count++) await keys.put('a', value)
    for (const fragment of [true, false]) {
      const events = await take(keys.watch('a', { from: revision, fragment }), 10)
      assert.equal(new Set(events.map((event) => event.revision)).size, 10)
      assert.ok(events.every((event) => event.value === value))
    }
  })

  it('throws CompactedError with the revision when its history is gone', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const { revision } = await keys.put('a', '1')
    for (const value of ['2', '3']) await keys.put('a', value)
    await etcd.compact(revision + 1)
    const watch = keys.watch('a', { from: revision })
    await assert.rejects(take(watch, 1), (error) => {
      assert.ok(error instanceof CompactedError)
      assert.equal(error.compactRevision, revision + 1)
      return true
    })
    assert.equal((await take(keys.watch('a', { from: revision + 1 }), 1))[0]?.value, '2')
  })

  it('lessons 1.12: resyncs when its history is gone, and goes on with what comes after', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix(), json<{ n: number }>())
    const { revision } = await keys.put('gone', { n: 0 })
    const names = Array.from({ length: 100 }, (_, n) => `k${n}`.padEnd(20_000, '.'))
    await Promise.all(names.map((name, n) => keys.put(name, { n })))
    await keys.delete('gone')
    const { revision: compacted } = await keys.put('a', { n: 1 })
    await etcd.compact(compacted)
    const watch = keys.watch(everything, { from: revision, resync: true })
    const events = watch[Symbol.asyncIterator]()
    const { value: state } = await events.next()
    assert.ok(state?.type === 'resync')
    assert.ok(state.revision >= compacted)
    assert.equal(state.compactRevision, compacted)
    assert.deepEqual(
      state.entries.map(({ key, value }) => [key, value.n]),
      [['a', 1], ...names.map((name, n) => [name, n] as const).sort(byName)],
    )
    const next = await keys.put('a', { n: 2 })
    const { value: event } = await events.next()
    assert.deepEqual([event?.type, event?.revision], ['put', next.revision])
    // With its history there, it is a watch as any.
    const late = keys.watch(everything, { from: compacted, resync: true })
    assert.equal((await late[Symbol.asyncIterator]().next()).value?.type, 'put')
    for (const one of [watch, late]) one.cancel()
  })

  it('that is read slowly slows no other, and misses nothing', async () => {
    await using writer = new Etcd({ endpoints: server.endpoints, timeoutMs: 60_000 })
    await using etcd = server.connect()
    const keys = writer.keyspace(uniquePrefix())
    const view = etcd.keyspace(keys.prefix)
    const slow = view.watch(everything, { highWaterBytes: 20_000 })
    const fast = view.watch(everything)
    await Promise.all([slow.ready, fast.ready])
    const count = 400
    const value = 'x'.repeat(500)
    await Promise.all(Array.from({ length: count }, (_, n) => keys.put(`k${n}`, value)))
    const seen = await take(fast, count)
    const late = await take(slow, count)
    const revisions = (events: readonly WatchEvent<string>[]): number[] =>
      events.map(({ revision }) => revision)
    assert.deepEqual(revisions(late), revisions(seen))
  })

  it('tells the deletes of a lease that ends', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const lease = await etcd.lease({ ttlSeconds: 60 })
    const watch = keys.watch(everything)
    await watch.ready
    for (const key of ['b', 'a']) await keys.put(key, '', { lease })
    await lease.revoke()
    assert.deepEqual(facts(await take(watch, 4)).slice(2), [
      ['delete', 'a', undefined],
      ['delete', 'b', undefined],
    ])
  })
})
