// Watches over the gateway across broken connections: every revision once, in order.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { everything } from 'etcdkit/gateway'
import { type Cut, CuttingProxy } from '../support/cutting-proxy.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer, type SuiteServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { gatewayOf } from './support/gateway.ts'

/** Cuts in either way, first among the head and the first messages, then ever later. */
function* cuts(count: number): Generator<Cut> {
  for (let index = 0; index < count; index++) {
    yield { bytes: 40 + index ** 3 * 60, mode: index % 2 === 0 ? 'reset' : 'end' }
  }
}

async function assertTellsAll(server: SuiteServer, proxy: CuttingProxy): Promise<void> {
  const count = 300
  await using writer = gatewayOf(server)
  const keys = writer.keyspace(uniquePrefix())
  const { revision } = await keys.put('n', '0')
  for (let left = count - 1; left > 0; left -= 60) {
    const some = Math.min(left, 60)
    await Promise.all(Array.from({ length: some }, () => keys.put('n', 'x'.repeat(40))))
  }
  await using etcd = gatewayOf(server, { endpoints: proxy.endpoint, apiPrefix: 'v3' })
  const revisions: number[] = []
  for await (const event of etcd.keyspace(keys.prefix).watch(everything, { from: revision })) {
    revisions.push(event.revision)
    if (revisions.length === count) break
  }
  assert.deepEqual(
    revisions,
    Array.from({ length: count }, (_, index) => revision + index),
  )
}

forEachServer(
  'gateway watch under cuts',
  (server) => {
    failOnLeaks()

    it('tells every revision once and in order, however often its connection is cut', async () => {
      const [endpoint = ''] = server.endpoints
      const times = 12
      await using proxy = await CuttingProxy.start(endpoint, cuts(times))
      await assertTellsAll(server, proxy)
      assert.ok(proxy.connections > times / 2, `${proxy.connections} connections`)
    })

    it('goes on elsewhere when its connection falls silent', async () => {
      const [endpoint = ''] = server.endpoints
      await using proxy = await CuttingProxy.start(endpoint)
      const options = { endpoints: proxy.endpoint, probeIntervalMs: 100, timeoutMs: 5000 }
      await using etcd = gatewayOf(server, options)
      const keys = etcd.keyspace(uniquePrefix())
      const watch = keys.watch('a')
      await watch.ready
      proxy.stall()
      await using writer = gatewayOf(server)
      await writer.keyspace(keys.prefix).put('a', '1')
      for await (const { value } of watch) {
        assert.equal(value, '1')
        break
      }
    })
  },
  { only: ['embedded (gateway)', 'etcd 3.5 (gateway)'] },
)
