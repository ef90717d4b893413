// Services that register themselves, and a client that keeps up with where they are.
// Usage: ETCD_ENDPOINTS=http://127.0.0.1:2379 node --import tsx examples/discovery.ts

import { Etcd, registry } from 'etcdkit'

await using etcd = new Etcd(process.env.ETCD_ENDPOINTS ?? 'http://127.0.0.1:2379')
const web = registry(etcd, `etcdkit-example/${Date.now()}/web`)

const followed = (async () => {
  for await (const { updates, endpoints } of web.watch()) {
    for (const { type, id } of updates) console.log(`${type} ${id}`)
    console.log(
      `  now at ${[...endpoints.values()].map(({ address }) => address).join(', ') || '-'}`,
    )
    if (updates.some(({ type, id }) => type === 'delete' && id === 'host-1')) return
  }
})()

await using session = await etcd.session({ ttlSeconds: 10 })
const first = await web.register('host-1', { address: '10.0.0.1:8080' }, { session })
await using _second = await web.register('host-2', { address: '10.0.0.2:8080' }, { session })
await first.release()
await followed
