// Watches over connections that break at any byte: every change once and in order, whatever kind of watch it is.

import assert from 'node:assert/strict'
import { before, it } from 'node:test'
import { Etcd, everything, type Watch, type WatchEvent, type WatchOptions } from 'etcdkit'
import { type Cut, CuttingProxy } from '../support/cutting-proxy.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'

const kinds = ['embedded (gRPC)', 'etcd 3.5']

// For a machine that is busy.
const timeoutMs = 60_000

/** The first `count` events; leaves the watch. */
async function take(watch: Watch<string>, count: number): Promise<WatchEvent<string>[]> {
  const events: WatchEvent<string>[] = []
  for await (const event of watch) if (events.push(event) === count) break
  return events
}

const facts = (events: readonly WatchEvent<string>[]): unknown[] =>
  events.map(({ type, key, value, revision, previous }) => [
    ...[type, key, value?.length, revision],
    previous?.modRevision,
  ])

/**
 * Bytes of a recorded connection that stand for all: of each HTTP/2 frame the first, those inside its header, those
 * inside the prefix of a gRPC message, one in the middle and the last; and every second byte of the beginning, where the
 * settings, the first headers and the confirmation of the watch are.
 */
function placesToCut(recorded: Buffer, beginning: number): number[] {
  const places = new Set<number>()
  for (let at = 1; at < beginning; at += 2) places.add(at)
  for (let start = 0; start + 9 <= recorded.length; ) {
    const end = start + 9 + recorded.readUIntBE(start, 3)
    for (const at of [0, 1, 5, 9, 10, 13, 14]) places.add(start + at)
    places.add((start + end) >> 1).add(end - 1)
    start = end
  }
  return [...places].filter((at) => at > 0 && at < recorded.length)
}

/** At most `count` of `all`, spread over them. */
function some(all: readonly number[], count: number): number[] {
  return all.filter((_, index) => index % Math.ceil(all.length / count) === 0)
}

async function inTurns<T>(
  all: readonly T[],
  width: number,
  work: (one: T) => Promise<void>,
): Promise<void> {
  const queue = all.values()
  const worker = async (): Promise<void> => {
    for (const one of queue) await work(one)
  }
  await Promise.all(Array.from({ length: width }, worker))
}

forEachServer(
  'watch cuts',
  (server) => {
    failOnLeaks()
    const endpoint = (): string => server.endpoints[0] ?? ''
    const prefix = uniquePrefix()
    const count = 3000
    let first = 0

    before(async () => {
      await using etcd = new Etcd({ endpoints: server.endpoints, timeoutMs })
      first = (await etcd.put(`${prefix}n`, '0')).revision
      await Promise.all(Array.from({ length: count - 1 }, (_, n) => etcd.put(`${prefix}n`, `${n}`)))
    })

    it('lessons 1.1, D1: a catch-up of 3,000 revisions, cut twice at any byte', async () => {
      const expected = Array.from({ length: count }, (_, n) => first + n)
      const catchUp = async (cuts: readonly Cut[]): Promise<CuttingProxy> => {
        await using proxy = await CuttingProxy.start(endpoint(), cuts)
        await using etcd = new Etcd(proxy.endpoint)
        const watch = etcd.keyspace(prefix).watch('n', { from: first, timeoutMs: 0 })
        const revisions = (await take(watch, count)).map(({ revision }) => revision)
        assert.deepEqual(revisions, expected, `cut at ${cuts[0]?.bytes}`)
        return proxy
      }
      const whole = Buffer.concat((await catchUp([])).recorded)
      const places = some(placesToCut(whole, 200), 36)
      assert.ok(places.length > 30, `${places.length} places`)
      let broken = 0
      await inTurns([...places.entries()], 6, async ([index, bytes]) => {
        const mode = index % 2 === 0 ? 'reset' : 'end'
        const { connections } = await catchUp([
          { bytes, mode },
          { bytes, mode },
        ])
        if (connections >= 2) broken++
      })
      // The last bytes come after the last event.
      assert.ok(broken > places.length * 0.9, `${broken} of ${places.length} connections broke`)
    })

    it('lessons 1.1, D16: history of far more than 4 MB, told in fragments, with what was before, to slow readers, and filtered', async () => {
      await using writer = new Etcd({ endpoints: server.endpoints, timeoutMs })
      const keys = writer.keyspace(uniquePrefix())
      const { revision: from } = await keys.put('a', 'x'.repeat(1_000_000))
      for (let n = 1; n < 6; n++) await keys.put('a', 'x'.repeat(1_000_000 + n))
      await keys.delete('a')
      const wanted: readonly (readonly [WatchOptions, number])[] = [
        [{}, 7],
        [{ fragment: false }, 7],
        [{ previous: true }, 7],
        [{ previous: true, highWaterBytes: 1 }, 7],
        [{ only: 'put', highWaterBytes: 1_500_000 }, 6],
        [{ only: 'delete' }, 1],
      ]
      const all = async (cuts: readonly Cut[]): Promise<unknown[][]> => {
        await using proxy = await CuttingProxy.start(endpoint(), cuts)
        await using etcd = new Etcd(proxy.endpoint)
        const view = etcd.keyspace(keys.prefix)
        return await Promise.all(
          wanted.map(async ([options, events]) =>
            facts(await take(view.watch(everything, { ...options, from, timeoutMs: 0 }), events)),
          ),
        )
      }
      const whole = await all([])
      assert.deepEqual(
        whole.map(({ length }) => length),
        wanted.map(([, events]) => events),
      )
      for (const bytes of [700, 999_990, 2_097_160, 9_000_001]) {
        const cuts: Cut[] = [
          { bytes, mode: 'reset' },
          { bytes, mode: 'end' },
        ]
        assert.deepEqual(await all(cuts), whole, `cut at ${bytes}`)
      }
    })

    it('lessons 1.1, D1: what happens now, over connections that break again and again', async () => {
      function* breaking(): Generator<Cut> {
        for (let n = 0; n < 12; n++)
          yield { bytes: 300 + 700 * n, mode: n % 3 === 0 ? 'end' : 'reset' }
      }
      await using proxy = await CuttingProxy.start(endpoint(), breaking())
      await using writer = new Etcd({ endpoints: server.endpoints, timeoutMs })
      await using etcd = new Etcd(proxy.endpoint)
      const keys = writer.keyspace(uniquePrefix())
      const view = etcd.keyspace(keys.prefix)
      const { revision } = await keys.put('start', '')
      const watches = [{}, { previous: true }, { highWaterBytes: 500 }].map((options) =>
        view.watch(everything, { ...options, from: revision + 1, timeoutMs: 0 }),
      )
      const total = 400
      const taking = watches.map((watch) => take(watch, total))
      const written: number[] = []
      for (let n = 0; n < total; n++) {
        written.push(
          (n % 4 === 3 ? await keys.delete(`k${(n % 8) - 1}`) : await keys.put(`k${n % 8}`, `${n}`))
            .revision,
        )
      }
      for (const events of await Promise.all(taking)) {
        assert.deepEqual(
          events.map((event) => event.revision),
          written,
        )
      }
      assert.ok(proxy.connections > 3)
    })
  },
  { only: kinds },
)
