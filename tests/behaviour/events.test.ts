// etcd.events(): what a client tells of itself while connections break, and what it tells nobody.

import assert from 'node:assert/strict'
import { channel } from 'node:diagnostics_channel'
import { it } from 'node:test'
import { type ClientEvent, type DroppedEvents, Etcd, prefix } from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { startProxy } from './support/tcp-proxy.ts'

type Told = ClientEvent | DroppedEvents

/** The next event of a type; those before it are passed over. */
async function next<T extends Told['type']>(
  events: AsyncIterator<Told>,
  type: T,
): Promise<Extract<Told, { type: T }>> {
  for (;;) {
    const { done, value } = await events.next()
    if (done) throw new Error(`The events ended without ${type}`)
    // Found by its type.
    if (value.type === type) return value as Extract<Told, { type: T }>
  }
}

forEachServer(
  'events',
  (server) => {
    failOnLeaks()

    it('tell of a cut: the connection, the watch that goes on, and the new connection', async () => {
      await using proxy = await startProxy(server.endpoints[0] ?? '')
      await using etcd = new Etcd(proxy.endpoint)
      const events = etcd.events()
      const at = uniquePrefix()
      const watch = etcd.watch(prefix(at))
      await watch.ready
      assert.equal((await next(events, 'connected')).endpoint, proxy.endpoint)
      const { revision } = await etcd.put(`${at}a`, '1')
      const watching = watch[Symbol.asyncIterator]()
      await watching.next()
      proxy.cut()
      const { endpoint, error } = await next(events, 'disconnected')
      assert.deepEqual([endpoint, error?.code], [proxy.endpoint, 'connection-lost'])
      const interrupted = await next(events, 'watch-interrupted')
      assert.deepEqual(
        [Buffer.from(interrupted.key).toString(), interrupted.revision],
        [at, revision + 1],
      )
      const resumed = await next(events, 'watch-resumed')
      assert.deepEqual([Buffer.from(resumed.key).toString(), resumed.revision], [at, revision + 1])
      await etcd.close()
      assert.equal((await events.next()).done, true)
    })

    it('go to the diagnostics channel etcdkit:event as well, with those of watches', async () => {
      await using proxy = await startProxy(server.endpoints[0] ?? '')
      await using etcd = new Etcd(proxy.endpoint)
      const seen: string[] = []
      let wake = (): void => undefined
      const see = (event: unknown): void => {
        // The channel publishes events and nothing else.
        seen.push((event as ClientEvent).type)
        wake()
      }
      channel('etcdkit:event').subscribe(see)
      try {
        await using watch = etcd.watch(prefix(uniquePrefix()))
        await watch.ready
        proxy.cut()
        while (!seen.includes('watch-resumed')) {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
        for (const type of ['connected', 'disconnected', 'watch-interrupted']) {
          assert.ok(seen.includes(type), type)
        }
      } finally {
        channel('etcdkit:event').unsubscribe(see)
      }
    })
  },
  { only: ['embedded (gRPC)', 'etcd 3.4', 'etcd 3.5'] },
)
