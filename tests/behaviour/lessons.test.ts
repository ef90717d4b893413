// Defects of other clients that no suite of its own would show.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { compare, everything, json, op, prefix } from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'

forEachServer(
  'lessons',
  (server) => {
    failOnLeaks()

    it('lessons D14: what an async function returns is what its caller gets', async () => {
      await using etcd = server.connect()
      const at = uniquePrefix()
      await using lease = await etcd.lease({ ttlSeconds: 60 })
      await using watch = etcd.watch(prefix(at))
      const txn = op.txn({ if: [compare.exists(at)], then: [op.get(at)], else: [] })
      for (const each of [
        ...[etcd, etcd.keyspace(at), etcd.leases, etcd.auth, etcd.cluster, etcd.maintenance],
        ...[lease, watch, txn, op.get(at), compare.exists(at), prefix(at), json()],
      ]) {
        const returned = await (async (): Promise<unknown> => each)()
        assert.equal(returned, each)
      }
    })

    it('lessons D15: any keys there can be are told in their order, none lost, none taken for another', async () => {
      await using etcd = server.connect()
      const keys = etcd.keyspace(uniquePrefix(), json<string>())
      const names = ['10', '2', '9', '__proto__', 'b', 'constructor', 'toString']
      await Promise.all(names.map((name) => keys.put(name, name)))
      const { entries } = await keys.list(everything, { sort: 'key', order: 'descending' })
      assert.deepEqual(
        entries.map(({ key, value }) => [key, value]),
        [...names].reverse().map((name) => [name, name]),
      )
      assert.equal(Object.getPrototypeOf(entries), Array.prototype)
      const bytes = etcd.keyspace(uniquePrefix())
      const binary = [Uint8Array.of(0xff), Uint8Array.of(0xfe)]
      for (const [n, key] of binary.entries()) await bytes.put(key, `${n}`)
      const listed = (await bytes.list(everything)).entries
      assert.deepEqual(
        listed.map(({ keyBytes, value }) => [[...keyBytes], value]),
        [
          [[0xfe], '1'],
          [[0xff], '0'],
        ],
      )
    })

    it('lessons D18: nothing that is given up leaves a rejection that nobody hears', async () => {
      const unheard: unknown[] = []
      const hear = (reason: unknown): number => unheard.push(reason)
      process.on('unhandledRejection', hear)
      try {
        const etcd = server.connect()
        const at = uniquePrefix()
        const watch = etcd.watch(prefix(at))
        etcd.watch(prefix(at), { from: 1 })
        const leadership = await etcd.election(at).campaign('a')
        const rival = etcd.election(at).campaign('b')
        const waiting = Promise.allSettled([rival, watch.ready])
        await etcd.close()
        await waiting
        assert.equal(leadership.signal.aborted, true)
        for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
      } finally {
        process.off('unhandledRejection', hear)
      }
      assert.deepEqual(unheard, [])
    })
  },
  { only: ['embedded (in-process)', 'etcd 3.5'] },
)
