// The client's watches on real servers: what they tell, how they begin and end, and that nothing stays behind.

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
import { requestMember } from '../../support/http.ts'
import { failOnLeaks } from '../../support/leaks.ts'
import { pollUntil } from '../../support/poll.ts'
import { forEachServer } from '../../support/suites.ts'
import { uniquePrefix } from '../../support/unique-prefix.ts'

/** The first `count` events; leaves the watch. */
async function take<V>(watch: Watch<V>, count: number): Promise<WatchEvent<V>[]> {
  const events: WatchEvent<V>[] = []
  for await (const event of watch) if (events.push(event) === count) break
  return events
}

const facts = (events: readonly WatchEvent<unknown>[]): unknown[] =>
  events.map(({ type, key, value }) => [type, key, value])

forEachServer('client watch', (server) => {
  failOnLeaks()

  /** How many watches the server has. */
  async function watchersOnServer(): Promise<number> {
    const { body } = await requestMember({ endpoint: server.endpoints[0] ?? '' }, '/metrics')
    const found = /^etcd_debugging_mvcc_watcher_total (\d+)/m.exec(body)
    return Number(found?.[1])
  }

  it('tells puts and deletes as they happen, after it is ready', async () => {
    await using etcd = new Etcd(server.endpoints)
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
    await using etcd = new Etcd(server.endpoints)
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
    await using etcd = new Etcd(server.endpoints)
    const keys = etcd.keyspace(uniquePrefix())
    const { revision } = await keys.put('a', '1')
    const watch = keys.watch('a', { from: revision + 3 })
    await watch.ready
    for (const value of ['2', '3', '4']) await keys.put('a', value)
    assert.equal((await take(watch, 1))[0]?.value, '4')
  })

  it('of a key, a range, a start, a prefix and everything tells what belongs to it', async () => {
    await using etcd = new Etcd(server.endpoints)
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
    await using etcd = new Etcd(server.endpoints)
    const watch = etcd.watch(range('b', 'a'))
    await assert.rejects(watch.ready, { code: 'empty-watch-range' })
    await assert.rejects(take(watch, 1), {
      code: 'empty-watch-range',
      message: 'Cannot watch range "b" to "a": watcher range is empty',
    })
  })

  it('tells what was there before, if asked', async () => {
    await using etcd = new Etcd(server.endpoints)
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
    await using etcd = new Etcd(server.endpoints)
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
    await using etcd = new Etcd(server.endpoints)
    const keys = etcd.keyspace(uniquePrefix())
    const watch = keys.watch(everything)
    await watch.ready
    const { revision } = await keys.txn({ then: ['a', 'b', 'c'].map((key) => op.put(key, '1')) })
    const { value: batch } = await watch.batches().next()
    assert.deepEqual([batch?.kind, batch?.revision, batch?.events.length], ['events', revision, 3])
    watch.cancel()
  })

  it('sees keys without the prefix of its keyspace, and values through its codec', async () => {
    await using etcd = new Etcd(server.endpoints)
    const keys = etcd.keyspace(uniquePrefix()).keyspace('n/', json<{ n: number }>())
    const watch = keys.watch(everything, { previous: true })
    await watch.ready
    await keys.put('a', { n: 1 })
    await keys.put('a', { n: 2 })
    const [, event] = await take(watch, 2)
    assert.deepEqual([event?.key, event?.value, event?.previous?.key], ['a', { n: 2 }, 'a'])
  })

  it('catches up with thousands of revisions, each once and in order', async () => {
    await using etcd = new Etcd(server.endpoints)
    const keys = etcd.keyspace(uniquePrefix())
    const { revision } = await keys.put('n', '0')
    const count = 2500
    await Promise.all(Array.from({ length: count - 1 }, (_, n) => keys.put('n', `${n + 1}`)))
    const events = await take(keys.watch('n', { from: revision, highWaterBytes: 50_000 }), count)
    assert.deepEqual(
      events.map((event) => event.revision),
      Array.from({ length: count }, (_, n) => revision + n),
    )
  })

  it('delivers large history, in fragments or not', async () => {
    await using etcd = new Etcd(server.endpoints)
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

  it('answers requestProgress when it has caught up', async () => {
    await using etcd = new Etcd(server.endpoints)
    const keys = etcd.keyspace(uniquePrefix())
    const watch = keys.watch('a')
    await watch.ready
    const { revision } = await keys.put('other', '1')
    watch.requestProgress()
    const { value: batch } = await watch.batches().next()
    assert.deepEqual([batch?.kind, batch?.revision], ['progress', revision])
    watch.cancel()
  })

  it('throws CompactedError with the revision when its history is gone', async () => {
    await using etcd = new Etcd(server.endpoints)
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

  it('is one of many on a stream, each with its own events, and none stays on the server', async () => {
    await using etcd = new Etcd(server.endpoints)
    const keys = etcd.keyspace(uniquePrefix())
    const before = await watchersOnServer()
    const watches = Array.from({ length: 500 }, (_, n) => keys.watch(`k${n}`))
    await Promise.all(watches.map(({ ready }) => ready))
    assert.equal(await watchersOnServer(), before + 500)
    await Promise.all(watches.map((_, n) => keys.put(`k${n}`, `${n}`)))
    for (const [n, watch] of watches.entries()) {
      assert.deepEqual(facts(await take(watch, 1)), [['put', `k${n}`, `${n}`]])
    }
    await pollUntil(async () => (await watchersOnServer()) === before, {
      what: 'the watches to end on the server',
      deadlineMs: 2000,
    })
  })

  it('that is read slowly slows no other, and misses nothing', async () => {
    await using etcd = new Etcd(server.endpoints)
    const keys = etcd.keyspace(uniquePrefix())
    const slow = keys.watch(everything, { highWaterBytes: 20_000 })
    const fast = keys.watch(everything)
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

  it('ends with its iteration, its signal, its client', async () => {
    const before = await watchersOnServer()
    const controller = new AbortController()
    const etcd = new Etcd(server.endpoints)
    const canceled = etcd.watch('a')
    const aborted = etcd.watch('a', { signal: controller.signal })
    const closed = etcd.watch('a')
    await Promise.all([canceled, aborted, closed].map(({ ready }) => ready))
    const takingAborted = take(aborted, 1)
    const takingCanceled = take(canceled, 1)
    const takingClosed = assert.rejects(take(closed, 1), { code: 'closed' })
    const reason = new Error('enough')
    canceled.cancel()
    assert.deepEqual(await takingCanceled, [])
    controller.abort(reason)
    await assert.rejects(takingAborted, (error) => error === reason)
    await etcd.close()
    await takingClosed
    await pollUntil(async () => (await watchersOnServer()) === before, {
      what: 'the watches to end on the server',
      deadlineMs: 2000,
    })
  })

  it('tells the deletes of a lease that ends', async () => {
    await using etcd = new Etcd(server.endpoints)
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

  it('created and canceled in any hurry leaves nothing on the server', async () => {
    await using etcd = new Etcd(server.endpoints)
    const before = await watchersOnServer()
    await using stays = etcd.watch('a')
    await stays.ready
    for (let round = 0; round < 20; round++) {
      const watches = Array.from({ length: 50 }, (_, n) => etcd.watch(`k${n}`))
      for (const watch of watches.slice(round)) watch.cancel()
      await Promise.all(watches.map(({ ready }) => ready.catch(() => 0)))
      for (const watch of watches) watch.cancel()
    }
    await pollUntil(async () => (await watchersOnServer()) === before + 1, {
      what: 'the watches to end on the server',
      deadlineMs: 2000,
    })
  })
})
