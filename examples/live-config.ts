// Configuration that follows etcd, and survives a bad write; and transactions in plain code.
// Usage: ETCD_ENDPOINTS=http://127.0.0.1:2379 node --import tsx examples/live-config.ts

import { Etcd, json, live, stm } from 'etcdkit'

await using etcd = new Etcd(process.env.ETCD_ENDPOINTS ?? 'http://127.0.0.1:2379')
const place = etcd.keyspace(`etcdkit-example/${Date.now()}/`)

const codec = json<{ perSecond: number }>()
await using limits = live(place, 'limits', codec, { fallback: { perSecond: 1 } })
await limits.ready
console.log('at first', limits.value)
const changes = limits.changes()
await place.put('limits', '{"perSecond":50}')
await changes.next()
console.log('then', limits.value)

const accounts = place.keyspace('accounts/', json<number>())
await accounts.put('anna', 100)
await stm(accounts, async (txn) => {
  const balance = (await txn.get('anna')) ?? 0
  txn.put('anna', balance - 30)
  txn.put('ben', ((await txn.get('ben')) ?? 0) + 30)
})
console.log('anna', (await accounts.get('anna'))?.value, 'ben', (await accounts.get('ben'))?.value)
