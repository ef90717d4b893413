// Many watches on one stream: each for itself, and none that stays behind on the server.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { everything, op, type Watch, type WatchEvent } from 'etcdkit'
import { requestMember } from '../support/http.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { pollUntil } from '../support/poll.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'

/** The first `count` events; leaves the watch. */
async function take<V>(watch: Watch<V>, count: number): Promise<WatchEvent<V>[]> {
  const events: WatchEvent<V>[] = []
  for await (const event of watch) if (events.push(event) === count) break
  return events
}

const facts = (events: readonly WatchEvent<unknown>[]): unknown[] =>
  events.map(({ type, key, value }) => [type, key, value])

// Elsewhere fewer do, as the client is the same.
const manyOn: ReadonlySet<string> = new Set(['embedded (gRPC)', 'etcd 3.5'])

forEachServer(
  'watch streams',
  (server) => {
    failOnLeaks()

    /** How many watches the server has, and on how many streams. */
    async function onServer(): Promise<{ readonly watchers: number; readonly streams: number }> {
      const { body } = await requestMember({ endpoint: server.endpoints[0] ?? '' }, '/metrics')
      const count = (name: string): number =>
        Number(new RegExp(`^etcd_debugging_mvcc_${name}_total (\\S+)`, 'm').exec(body)?.[1])
      return { watchers: count('watcher'), streams: count('watch_stream') }
    }

    /** Resolves when the server has what it had. */
    function untilOnServer(before: Awaited<ReturnType<typeof onServer>>): Promise<void> {
      return pollUntil(async () => isDeepStrictEqual(await onServer(), before), {
        what: 'the watches to end on the server',
        deadlineMs: 60_000,
      })
    }

    it('answers requestProgress when it has caught up', async () => {
      await using etcd = server.connect()
      const keys = etcd.keyspace(uniquePrefix())
      const watch = keys.watch('a')
      await watch.ready
      const { revision } = await keys.put('other', '1')
      watch.requestProgress()
      const { value: batch } = await watch.batches().next()
      assert.deepEqual([batch?.kind, batch?.revision], ['progress', revision])
      watch.cancel()
    })

    it('tells progress while nothing happens, if asked', async () => {
      await using etcd = server.connect()
      const keys = etcd.keyspace(uniquePrefix())
      const silent = keys.watch('a')
      const watch = keys.watch('a', { progressNotify: true })
      await Promise.all([silent.ready, watch.ready])
      const { revision } = await keys.put('other', '1')
      for await (const batch of watch.batches()) {
        assert.deepEqual([batch.kind, batch.events], ['progress', []])
        if (batch.revision >= revision) break
      }
      await keys.put('a', '1')
      // Who did not ask is not told.
      assert.equal((await silent.batches().next()).value?.kind, 'events')
      silent.cancel()
    })

    it('lessons D17: a reader that throws loses nothing for others', async () => {
      await using etcd = server.connect()
      const keys = etcd.keyspace(uniquePrefix())
      const [throwing, other] = [keys.watch(everything), keys.watch(everything)]
      await Promise.all([throwing.ready, other.ready])
      const { revision } = await keys.txn({ then: ['a', 'b', 'c'].map((key) => op.put(key, '1')) })
      const oops = new Error('oops')
      const reading = async (): Promise<void> => {
        for await (const _ of throwing) throw oops
      }
      await assert.rejects(reading(), (error) => error === oops)
      await keys.put('d', '1')
      assert.deepEqual(
        (await take(other, 4)).map(({ key, revision: at }) => [key, at]),
        ['a', 'b', 'c', 'd'].map((key) => [key, revision + (key === 'd' ? 1 : 0)]),
      )
      // Where the reader stopped, another goes on.
      assert.equal((await take(keys.watch(everything, { from: revision + 1 }), 1))[0]?.key, 'd')
    })

    it('ends with its iteration, its signal, its client', async () => {
      const before = await onServer()
      const controller = new AbortController()
      const etcd = server.connect()
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
      await untilOnServer(before)
    })

    it('lessons 1.18: is one of thousands on a stream, each with its own events, and none stays on the server', async () => {
      const before = await onServer()
      const many = manyOn.has(server.kind) ? 10_000 : 1000
      await using etcd = server.connect({ timeoutMs: 60_000 })
      const keys = etcd.keyspace(uniquePrefix())
      const watches = Array.from({ length: many }, (_, n) => keys.watch(`k${n}`))
      await Promise.all(watches.map(({ ready }) => ready))
      assert.deepEqual(await onServer(), {
        watchers: before.watchers + many,
        streams: before.streams + 1,
      })
      const some = watches.flatMap((watch, n) => (n % 100 === 7 ? [[n, watch] as const] : []))
      await Promise.all(some.map(([n]) => keys.put(`k${n}`, `${n}`)))
      for (const [n, watch] of some) {
        assert.deepEqual(facts(await take(watch, 1)), [['put', `k${n}`, `${n}`]])
      }
      // All but one: canceling the last would close the stream, which ends everything.
      for (const watch of watches.slice(1)) watch.cancel()
      await untilOnServer({ watchers: before.watchers + 1, streams: before.streams + 1 })
      watches[0]?.cancel()
      await untilOnServer(before)
    })

    it('lessons 1.18, 1.19: created and canceled in any hurry leaves nothing on the server', async () => {
      const before = await onServer()
      await using etcd = server.connect({ timeoutMs: 60_000 })
      const stays = etcd.watch('a')
      await stays.ready
      for (let round = 0; round < 20; round++) {
        const watches = Array.from({ length: 50 }, (_, n) => etcd.watch(`k${n}`))
        for (const watch of watches.slice(round)) watch.cancel()
        await Promise.all(watches.map(({ ready }) => ready.catch(() => 0)))
        for (const watch of watches) watch.cancel()
      }
      await untilOnServer({ watchers: before.watchers + 1, streams: before.streams + 1 })
      stays.cancel()
      await untilOnServer(before)
    })
  },
  {
    only: ['embedded (in-process)', 'embedded (gRPC)', 'etcd 3.4', 'etcd 3.5'],
    flags: ['--experimental-watch-progress-notify-interval=1s'],
  },
)
