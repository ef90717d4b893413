// Watches and leases whose connection falls silent, for a while or for good.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Etcd, everything, type Watch } from 'etcdkit'
import { CuttingProxy } from '../support/cutting-proxy.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { patientMs } from '../support/patience.ts'
import { forEachServer, type SuiteServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { startProxy } from './support/tcp-proxy.ts'

/** The values of the first `count` events; leaves the watch. */
async function values(watch: Watch<string>, count: number): Promise<(string | undefined)[]> {
  const taken: (string | undefined)[] = []
  for await (const { value } of watch) if (taken.push(value) === count) break
  return taken
}

/** A connection that falls silent without a word: PING finds out, and everything goes on over another. */
async function halfOpen(server: SuiteServer): Promise<void> {
  await using direct = server.connect()
  await using proxy = await CuttingProxy.start(server.endpoints[0] ?? '')
  await using etcd = new Etcd({
    endpoints: proxy.endpoint,
    pingIntervalMs: 5000,
    pingTimeoutMs: 500,
    timeoutMs: patientMs,
  })
  const prefix = uniquePrefix()
  const [keys, view] = [direct.keyspace(prefix), etcd.keyspace(prefix)]
  const watches = [view.watch(everything), view.watch('a', { previous: true })]
  await Promise.all(watches.map(({ ready }) => ready))
  const lease = await etcd.lease({ ttlSeconds: 60 })
  proxy.stall()
  for (const value of ['1', '2', '3']) await keys.put('a', value)
  for (const watch of watches) assert.deepEqual(await values(watch, 3), ['1', '2', '3'])
  await lease.keepAliveOnce()
  assert.equal(lease.signal.aborted, false)
  assert.ok(proxy.connections > 1)
  await lease.revoke()
}

/** A holder who is cut off does not believe in his lease when the server gives its keys away. */
async function cutOff(server: SuiteServer, how: 'cut' | 'silent'): Promise<void> {
  await using direct = server.connect()
  await using proxy = await startProxy(server.endpoints[0] ?? '')
  await using etcd = new Etcd({ endpoints: proxy.endpoint, timeoutMs: patientMs })
  const keys = direct.keyspace(uniquePrefix())
  const lease = await etcd.lease({ ttlSeconds: 2 })
  await keys.put('held', '1', { lease: lease.id })
  const deleted = keys.watch('held', { only: 'delete' })
  await deleted.ready
  proxy.holdRequests()
  if (how === 'cut') proxy.cut()
  for await (const { type } of deleted) {
    assert.equal(type, 'delete')
    // After a standstill the event may be read first, but the client's own timer is due by then.
    await delay(0)
    assert.equal(lease.signal.aborted, true)
    break
  }
  assert.equal(lease.signal.reason.code, 'lease-expired')
}

forEachServer(
  'watches and leases in an outage',
  (server) => {
    failOnLeaks()

    // All that waits, at a time.
    it('lessons 1.2, 1.7, D7, D10: a silent connection is left in time, and a lease given up in time', async () => {
      await Promise.all([halfOpen(server), cutOff(server, 'cut'), cutOff(server, 'silent')])
    })

    it('lessons 1.12: what was compacted meanwhile is told as a whole, or ends the watch', async () => {
      await using direct = server.connect()
      await using proxy = await startProxy(server.endpoints[0] ?? '')
      await using etcd = new Etcd({ endpoints: proxy.endpoint, timeoutMs: patientMs })
      const prefix = uniquePrefix()
      const [keys, view] = [direct.keyspace(prefix), etcd.keyspace(prefix)]
      const [plain, resyncing] = [view.watch(everything), view.watch(everything, { resync: true })]
      await Promise.all([plain.ready, resyncing.ready])
      const events = resyncing[Symbol.asyncIterator]()
      await keys.put('a', 'seen')
      assert.equal((await events.next()).value?.type, 'put')
      proxy.holdRequests()
      proxy.cut()
      await keys.put('b', 'missed')
      await keys.delete('a')
      const { revision } = await keys.put('c', 'missed')
      await direct.compact(revision)
      proxy.release()
      const { value: state } = await events.next()
      assert.ok(state?.type === 'resync')
      assert.deepEqual([state.revision >= revision, state.compactRevision], [true, revision])
      assert.deepEqual(
        state.entries.map(({ key }) => key),
        ['b', 'c'],
      )
      await keys.put('d', 'live')
      assert.equal((await events.next()).value?.revision, state.revision + 1)
      await events.return?.()
      const reading = values(plain, 2)
      await assert.rejects(reading, { name: 'CompactedError', compactRevision: revision })
    })
  },
  { only: ['embedded (gRPC)', 'etcd 3.4', 'etcd 3.5'] },
)
