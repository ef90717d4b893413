// Three workers, one job at a time: a lock, its signal, and a transaction that it guards.
// Usage: ETCD_ENDPOINTS=http://127.0.0.1:2379 node --import tsx examples/lock.ts

import { Etcd, op } from 'etcdkit'

await using etcd = new Etcd(process.env.ETCD_ENDPOINTS ?? 'http://127.0.0.1:2379')
const place = `etcdkit-example/${Date.now()}`

async function work(name: string): Promise<void> {
  await using lock = await etcd.lock(`${place}/lock`, { ttlSeconds: 10, timeoutMs: 30_000 })
  const done = Number((await etcd.get(`${place}/done`))?.value ?? 0)
  const { succeeded } = await etcd.txn({
    if: [lock.isHeld],
    then: [op.put(`${place}/done`, String(done + 1))],
  })
  console.log(`${name} had the lock, fence ${lock.fence}: ${succeeded ? 'done' : 'lost it'}`)
}

await Promise.all(['anna', 'ben', 'carla'].map(work))
console.log(`jobs done: ${(await etcd.get(`${place}/done`))?.value}`)
