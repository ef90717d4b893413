// A server that allows few streams on a connection: those that last and those that are over soon all find room.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Watch as WatchService } from '@etcdkit/protocol'
import { Etcd, prefix, type Watch } from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'

/** The values of the next events. */
async function values(watch: Watch<string>, count: number): Promise<(string | undefined)[]> {
  const seen: (string | undefined)[] = []
  for await (const event of watch) if (seen.push(event.value) === count) break
  return seen
}

forEachServer(
  'watches and leases on few streams',
  (server) => {
    failOnLeaks()

    it('leave room for calls on a connection that takes two streams', async () => {
      await using etcd = new Etcd({ endpoints: server.endpoints, timeoutMs: 20_000 })
      const keys = etcd.keyspace(uniquePrefix())
      const watches = ['x', 'y', 'z'].map((tenant) => keys.watch('a', { headers: { tenant } }))
      await Promise.all(watches.map(({ ready }) => ready))
      const lease = await etcd.lease({ ttlSeconds: 60 })
      await lease.keepAliveOnce()
      await keys.put('a', '1', { lease })
      for (const watch of watches) assert.deepEqual(await values(watch, 1), ['1'])
      await lease.revoke()
    })

    it('leave room for calls when they have taken all that they can', async () => {
      await using etcd = new Etcd({ endpoints: server.endpoints, timeoutMs: 20_000 })
      const keys = etcd.keyspace(uniquePrefix())
      // Eight connections of two streams, of which one is for calls.
      const watches = Array.from({ length: 15 }, (_, n) =>
        keys.watch(prefix(''), { headers: { tenant: `${n}` } }),
      )
      await Promise.all(watches.map(({ ready }) => ready))
      const late = etcd
        .stream(WatchService.watch, { timeoutMs: 100 })
        [Symbol.asyncIterator]()
        .next()
      const message = `no free stream to ${server.endpoints[0]} within 100 ms`
      await assert.rejects(late, { code: 'unavailable', message })
      await Promise.all(Array.from({ length: 50 }, (_, n) => keys.put(`${n}`, `${n}`)))
      const seen = await Promise.all(watches.map((watch) => values(watch, 50)))
      for (const each of seen) assert.equal(new Set(each).size, 50)
      // They are closed: there is room again.
      await keys.watch('a', { headers: { tenant: 'later' } }).ready
    })
  },
  { only: ['etcd 3.5'], flags: ['--max-concurrent-streams=2'] },
)
