// Section S2 of reference/existing-clients.md: the verbs, row by row.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Watch } from '@etcdkit/protocol'
import { compare, Etcd, everything, from, json, op, prefix, range } from 'etcdkit/gateway'
import { startGatewayPeer } from '../../packages/client/test/transport/gateway/gateway-peer.ts'
import { gatewayKinds } from '../support/gateway-suites.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { keysOf, pairsOf } from './support/entries.ts'
import { gatewayOf } from './support/gateway.ts'
import { untilRenewed } from './support/leases.ts'
import { etcdErrorOf } from './support/rejections.ts'

forEachServer(
  'gateway S2 verbs',
  (server) => {
    failOnLeaks()

    it('S2.20: get reads a key, undefined for a missing one, and an older revision unless it is compacted', async () => {
      await using etcd = gatewayOf(server)
      const key = `${uniquePrefix()}a`
      const { revision } = await etcd.put(key, '1')
      const second = await etcd.put(key, '2')
      assert.equal((await etcd.get(key, { timeoutMs: 10_000 }))?.value, '2')
      assert.equal((await etcd.get(key, { timeoutMs: 0 }))?.value, '2')
      assert.equal((await etcd.get(key, { revision }))?.value, '1')
      assert.equal(await etcd.get(`${key}b`), undefined)
      await etcd.compact(second.revision)
      await etcdErrorOf(etcd.get(key, { revision }), 'compacted')
      await assert.rejects(etcd.get(''), TypeError)
      await assert.rejects(etcd.get(1 as unknown as string), TypeError)
    })

    it('S2.21: entries have keys and values decoded, revisions as numbers, and the lease', async () => {
      await using etcd = gatewayOf(server)
      const keys = etcd.keyspace(uniquePrefix(), json<{ a: string }>())
      const { revision } = await keys.put('k', { a: 'ü' })
      const entry = await keys.get('k')
      assert.deepEqual(
        [entry?.key, entry?.value, entry?.createRevision, entry?.modRevision, entry?.version],
        ['k', { a: 'ü' }, revision, revision, 1],
      )
      assert.equal(entry?.lease, undefined)
    })

    it('S2.22: put with a lease, the key as it was, the value kept, the lease kept', async () => {
      await using etcd = gatewayOf(server)
      const key = `${uniquePrefix()}a`
      const { id } = await etcd.leases.grant({ ttlSeconds: 60 })
      assert.equal((await etcd.put(key, '1', { lease: id, previous: true })).previous, undefined)
      const { previous } = await etcd.put(key, '2', { ignoreLease: true, previous: true })
      assert.equal(previous?.value, '1')
      await etcd.put(key, undefined, { ignoreValue: true })
      const entry = await etcd.get(key)
      assert.deepEqual([entry?.value, entry?.lease], ['2', undefined])
      const missing = `${key}b`
      await etcdErrorOf(etcd.put(missing, undefined, { ignoreValue: true }), 'key-not-found')
      await etcdErrorOf(etcd.put(missing, '1', { ignoreLease: true }), 'key-not-found')
      await etcd.leases.revoke(id)
    })

    it('S2.23: what keeps the value has none to send', async () => {
      await using etcd = gatewayOf(server)
      const options = { ignoreValue: true } as const
      await assert.rejects(etcd.put('a', '1' as unknown as undefined, options), TypeError)
    })

    it('S2.24: putIfAbsent writes what is not there, and leaves what is', async () => {
      await using etcd = gatewayOf(server)
      const key = `${uniquePrefix()}a`
      assert.equal((await etcd.putIfAbsent(key, '1')).succeeded, true)
      const second = await etcd.putIfAbsent(key, '2')
      assert.equal(second.succeeded === false && second.current.value, '1')
      assert.equal((await etcd.get(key))?.value, '1')
    })

    it('S2.25: putIfPresent writes what is there, and makes nothing', async () => {
      await using etcd = gatewayOf(server)
      const key = `${uniquePrefix()}a`
      assert.equal((await etcd.putIfPresent(key, '1')).succeeded, false)
      assert.equal(await etcd.get(key), undefined)
      await etcd.put(key, '1')
      assert.equal((await etcd.putIfPresent(key, '2')).succeeded, true)
      assert.equal((await etcd.get(key))?.value, '2')
    })

    it('S2.26: delete counts what it deleted, and tells it if asked', async () => {
      await using etcd = gatewayOf(server)
      const key = `${uniquePrefix()}a`
      await etcd.put(key, '1')
      const { deleted, previous } = await etcd.delete(key, { previous: true })
      assert.deepEqual([deleted, pairsOf(previous)], [1, [[key, '1']]])
      assert.equal((await etcd.delete(key)).deleted, 0)
    })

    it('S2.27: watch says when it is there, then tells events; from a revision, with what was, of one kind', async () => {
      await using etcd = gatewayOf(server)
      const keys = etcd.keyspace(uniquePrefix())
      const first = await keys.put('a', '1')
      await keys.put('a', '2')
      await keys.delete('a')
      const watch = keys.watch('a', { from: first.revision, previous: true, only: 'put' })
      assert.ok((await watch.ready) > 0)
      const seen: unknown[] = []
      for await (const event of watch) {
        seen.push([event.type, event.type === 'put' && event.value, event.previous?.value])
        if (seen.length === 2) break
      }
      assert.deepEqual(seen, [
        ['put', '1', undefined],
        ['put', '2', '1'],
      ])
      const deletes = keys.watch('a', { from: first.revision, only: 'delete' })
      for await (const { type, revision } of deletes) {
        assert.deepEqual([type, revision], ['delete', first.revision + 2])
        break
      }
    })

    it('S2.27: watches with ids of one’s own, two on a stream, and the same one twice', async () => {
      await using etcd = gatewayOf(server)
      const key = new TextEncoder().encode(uniquePrefix())
      const stream = etcd.stream(Watch.watch)
      stream.send({ createRequest: { key, watchId: 7 } })
      stream.send({ createRequest: { key, watchId: 7 } })
      const answers: unknown[] = []
      for await (const { created, canceled, watchId, cancelReason } of stream) {
        answers.push([created, canceled, canceled ? cancelReason : watchId])
        if (answers.length === 2) break
      }
      const duplicate = 'mvcc: duplicate watch ID provided on the WatchStream'
      assert.deepEqual(answers, [
        [true, false, 7],
        [true, true, duplicate],
      ])
    })

    it('S2.27: a watch that has been idle for too long is ended by a signal', async () => {
      await using etcd = gatewayOf(server)
      const controller = new AbortController()
      const watch = etcd.watch(uniquePrefix(), { signal: controller.signal })
      await watch.ready
      const idle = AbortSignal.timeout(100)
      idle.addEventListener('abort', () => controller.abort(idle.reason))
      await assert.rejects(watch[Symbol.asyncIterator]().next(), { name: 'TimeoutError' })
    })

    it('S2.28: a watch that is canceled ends', async () => {
      await using etcd = gatewayOf(server)
      const watch = etcd.watch(uniquePrefix())
      await watch.ready
      const next = watch[Symbol.asyncIterator]().next()
      watch.cancel()
      assert.equal((await next).done, true)
    })

    it('S2.29: list a prefix: limit, revision, order, keys alone, counts, bounds', async () => {
      await using etcd = gatewayOf(server)
      const keys = etcd.keyspace(uniquePrefix())
      const { revision } = await keys.put('d/b', '1')
      await keys.put('d/a', '2')
      await keys.put('d/b', '3')
      await keys.put('e', '4')
      const target = prefix('d/')
      const all = await keys.list(target)
      assert.deepEqual([keysOf(all.entries), all.count, all.more], [['d/a', 'd/b'], 2, false])
      const one = await keys.list(target, { limit: 1 })
      assert.deepEqual([one.entries.length, one.count, one.more], [1, 2, true])
      assert.deepEqual(pairsOf((await keys.list(target, { revision })).entries), [['d/b', '1']])
      for (const [sort, first] of [
        ['key', 'd/b'],
        ['version', 'd/b'],
        ['createRevision', 'd/a'],
        ['modRevision', 'd/b'],
        ['value', 'd/b'],
      ] as const) {
        const sorted = await keys.list(target, { sort, order: 'descending' })
        assert.equal(sorted.entries[0]?.key, first, sort)
      }
      const [bare] = (await keys.list(target, { keysOnly: true })).entries
      assert.deepEqual([bare?.key, bare?.value], ['d/a', undefined])
      assert.equal(await keys.count(target), 2)
      const newer = await keys.list(target, { minModRevision: revision + 2 })
      assert.deepEqual(keysOf(newer.entries), ['d/b'])
    })

    it('S2.30: watch a prefix, and everything', async () => {
      await using etcd = gatewayOf(server)
      const keys = etcd.keyspace(uniquePrefix())
      const { revision } = await keys.put('d/a', '1')
      for (const target of [prefix('d/'), prefix(''), everything]) {
        for await (const event of keys.watch(target, { from: revision })) {
          assert.equal(event.key, 'd/a')
          break
        }
      }
    })

    it('S2.31: delete a prefix', async () => {
      await using etcd = gatewayOf(server)
      const keys = etcd.keyspace(uniquePrefix())
      for (const key of ['d/a', 'd/b', 'e']) await keys.put(key, key)
      const { deleted, previous } = await keys.delete(prefix('d/'), { previous: true })
      assert.deepEqual([deleted, keysOf(previous)], [2, ['d/a', 'd/b']])
      assert.deepEqual(keysOf((await keys.list(everything)).entries), ['e'])
    })

    it('S2.32: a prefix is every key that begins so, whatever its last byte', async () => {
      await using etcd = gatewayOf(server)
      const keys = etcd.keyspace(uniquePrefix())
      for (const key of ['dir', 'dir/a', 'dirx', 'dis']) await keys.put(key, '')
      const found = await keys.list(prefix('dir'))
      assert.deepEqual(keysOf(found.entries), ['dir', 'dir/a', 'dirx'])
      const last = Uint8Array.of(0x64, 0xff)
      await keys.put(Uint8Array.of(0x64, 0xff, 0xff), '')
      assert.equal(await keys.count(prefix(last)), 1)
      assert.equal(await keys.count(prefix('')), 5)
      assert.deepEqual(keysOf((await keys.list(range('dir', 'dirx'))).entries), ['dir', 'dir/a'])
      assert.equal(await keys.count(from('dis')), 2)
    })

    it('S2.33: transactions compare, and do one thing or another; without comparing, the first', async () => {
      await using etcd = gatewayOf(server)
      const keys = etcd.keyspace(uniquePrefix())
      const { revision } = await keys.put('a', '1')
      const { succeeded, results } = await keys.txn({
        if: [
          compare.value('a').equals('1'),
          compare.version('a').equals(1),
          compare.modRevision('a').greaterThan(revision - 1),
          compare.createRevision('a').lessThan(revision + 1),
          compare.lease('a').equals('0'),
          compare.value('a').notEquals('2'),
        ],
        then: [op.put('b', '2'), op.get('a'), op.txn({ if: [], then: [op.delete('a')], else: [] })],
        else: [op.put('never', '')],
      })
      assert.equal(succeeded, true)
      assert.equal(results.length, 3)
      assert.deepEqual(keysOf((await keys.list(everything)).entries), ['b'])
      assert.equal((await keys.txn({ if: [], then: [], else: [] })).succeeded, true)
      await etcdErrorOf(keys.txn({ then: [op.put('x', '1'), op.put('x', '2')] }), 'duplicate-key')
    })

    it('S2.34: all of a transaction is encoded, what is done otherwise too', async () => {
      await using etcd = gatewayOf(server)
      const keys = etcd.keyspace(uniquePrefix())
      await keys.put('ä', 'ö')
      const { succeeded, results } = await keys.txn({
        if: [compare.value('ä').equals('other')],
        then: [],
        else: [op.put('ü', 'ß'), op.list(prefix('ä')), op.delete('ä')],
      })
      assert.equal(succeeded, false)
      assert.deepEqual(pairsOf(results[1].entries), [['ä', 'ö']])
      assert.deepEqual(pairsOf((await keys.list(everything)).entries), [['ü', 'ß']])
    })

    it('S2.35: version tells the server’s and the cluster’s', async () => {
      await using etcd = gatewayOf(server)
      const { etcdserver, etcdcluster } = await etcd.version()
      assert.equal(etcdserver, server.version)
      assert.match(etcdcluster, /^3\.\d+\.0$/)
      assert.deepEqual(await etcd.health(), { healthy: true, reason: '' })
    })

    it('S2.36: grant a lease, with an id of the server’s or of one’s own', async () => {
      await using etcd = gatewayOf(server)
      const { id, ttlSeconds } = await etcd.leases.grant({ ttlSeconds: 60 })
      assert.match(id, /^[1-9]\d*$/)
      assert.equal(ttlSeconds, 60)
      const own = String(10_000_000 + Math.floor(Math.random() * 1e15))
      assert.equal((await etcd.leases.grant({ ttlSeconds: 60, id: own })).id, own)
      await etcdErrorOf(etcd.leases.grant({ ttlSeconds: 60, id: own }), 'lease-exists')
      await assert.rejects(etcd.leases.grant({} as { ttlSeconds: number }), TypeError)
      await assert.rejects(etcd.leases.grant({ ttlSeconds: 1.5 }), RangeError)
      await Promise.all([id, own].map((each) => etcd.leases.revoke(each)))
    })

    it('S2.37: revoke deletes the keys of a lease', async () => {
      await using etcd = gatewayOf(server)
      const key = `${uniquePrefix()}a`
      const { id } = await etcd.leases.grant({ ttlSeconds: 60 })
      await etcd.put(key, '1', { lease: id })
      await etcd.leases.revoke(id)
      assert.equal(await etcd.get(key), undefined)
      await etcdErrorOf(etcd.leases.revoke(id), 'lease-not-found')
      await assert.rejects(etcd.leases.revoke(undefined as unknown as string), TypeError)
    })

    it('S2.38: keepAliveOnce renews a lease', async () => {
      await using etcd = gatewayOf(server)
      const { id, ttlSeconds } = await etcd.leases.grant({ ttlSeconds: 60 })
      assert.deepEqual(await etcd.leases.keepAliveOnce(id), { id, ttlSeconds })
      await etcd.leases.revoke(id)
      await etcdErrorOf(etcd.leases.keepAliveOnce(id), 'lease-not-found')
      await assert.rejects(etcd.leases.keepAliveOnce(undefined as unknown as string), TypeError)
    })

    it('S2.36, S2.38: a lease that ends deletes its keys, and watches hear of it; etcd.lease keeps one alive', async () => {
      await using etcd = gatewayOf(server)
      await using kept = await etcd.lease({ ttlSeconds: 5 })
      const { id } = await etcd.leases.grant({ ttlSeconds: 3 })
      const key = `${uniquePrefix()}a`
      const { revision } = await etcd.put(key, '1', { lease: id })
      const untilDeleted = async (): Promise<void> => {
        for await (const { type } of etcd.watch(key, { from: revision + 1 })) {
          assert.equal(type, 'delete')
          break
        }
      }
      await Promise.all([untilDeleted(), untilRenewed(etcd, kept.id)])
      assert.equal(await etcd.leases.timeToLive(id), undefined)
      assert.equal(kept.signal.aborted, false)
      assert.ok(await etcd.leases.timeToLive(kept))
    })

    it('S2.39: timeToLive tells what is left, and the keys if asked', async () => {
      await using etcd = gatewayOf(server)
      const key = `${uniquePrefix()}a`
      const { id } = await etcd.leases.grant({ ttlSeconds: 60 })
      await etcd.put(key, '1', { lease: id })
      const left = await etcd.leases.timeToLive(id, { keys: true })
      assert.deepEqual([left?.grantedTtlSeconds, left?.keys], [60, [key]])
      assert.ok((left?.ttlSeconds ?? 0) > 0)
      await etcd.leases.revoke(id)
      assert.equal(await etcd.leases.timeToLive(id), undefined)
    })

    it('S2.40: leases.list tells all leases', async () => {
      await using etcd = gatewayOf(server)
      const { id } = await etcd.leases.grant({ ttlSeconds: 60 })
      assert.ok((await etcd.leases.list()).includes(id))
      await etcd.leases.revoke(id)
      assert.ok(!(await etcd.leases.list()).includes(id))
    })
  },
  { only: gatewayKinds },
)

forEachServer(
  'gateway S2 progress',
  (server) => {
    failOnLeaks()

    it('S2.27: a watch tells how far it has come while nothing happens, if asked; in pieces or whole', async () => {
      await using etcd = gatewayOf(server)
      const keys = etcd.keyspace(uniquePrefix())
      const watch = keys.watch('a', { progressNotify: true, fragment: true })
      await watch.ready
      const { revision } = await keys.put('other', '1')
      for await (const batch of watch.batches()) {
        assert.deepEqual([batch.kind, batch.events], ['progress', []])
        if (batch.revision >= revision) break
      }
    })
  },
  {
    only: ['embedded (gateway)', 'etcd 3.5 (gateway)'],
    flags: ['--experimental-watch-progress-notify-interval=100ms'],
  },
)

describe('gateway S2 verbs, limits', () => {
  failOnLeaks()

  it('S2.41: every verb takes a limit of its own', async () => {
    await using peer = await startGatewayPeer(() => undefined)
    await using etcd = new Etcd({ endpoints: peer.url, apiPrefix: 'v3', timeoutMs: 60_000 })
    const options = { timeoutMs: 20 }
    const calls = [
      etcd.get('a', options),
      etcd.put('a', '1', options),
      etcd.delete('a', options),
      etcd.delete(prefix('a'), options),
      etcd.list(prefix('a'), options),
      etcd.txn({}, options),
      etcd.leases.grant({ ttlSeconds: 5, ...options }),
      etcd.leases.list(options),
      etcd.leases.timeToLive('7', options),
      etcd.leases.keepAliveOnce('7', options),
      etcd.leases.revoke('7', options),
      etcd.watch('a', options).ready,
      etcd.version(options),
    ]
    const late = { code: 'deadline-exceeded' }
    await Promise.all(calls.map((call) => assert.rejects(call, late)))
  })
})
