// A tour of the client on a real etcd: put, get, list, transact, watch, lease, typed views.
// Usage: npm start, or ETCD_ENDPOINTS=http://127.0.0.1:2379 node --import tsx examples/tour.ts

import { CompactedError, compare, Etcd, EtcdError, json, op, prefix } from 'etcdkit'

const endpoints = process.env.ETCD_ENDPOINTS ?? 'http://127.0.0.1:2379'
await using etcd = new Etcd(endpoints)

// A place of its own, so that the tour leaves other keys alone.
const place = `etcdkit-tour/${Date.now()}/`
const tour = etcd.keyspace(place)
const say = (text: string): void => console.log(`  ${text}`)

console.log(`\nKeys and values (at ${endpoints}, under ${place})`)
const put = await tour.put('config/port', '8080')
say(`put config/port                  revision ${put.revision}`)
const entry = await tour.get('config/port')
say(`get config/port                  "${entry?.value}", version ${entry?.version}`)
const replaced = await tour.put('config/port', '9090', { previous: true })
say(`put again, asking what was there "${replaced.previous?.value}"`)
say(`get a key that is not there      ${await tour.get('config/none')}`)
await Promise.all(Array.from({ length: 250 }, (_, n) => tour.put(`many/${n}`, String(n * n))))
const some = await tour.list(prefix('many/'), { limit: 3, sort: 'modRevision' })
say(`list 3 of ${some.count}: ${some.entries.map(({ key, value }) => `${key}=${value}`).join(' ')}`)
let sum = 0
for await (const { value } of tour.scan(prefix('many/'), { pageSize: 100 })) sum += Number(value)
say(`scan all, in pages               sum ${sum}`)

console.log('\nTransactions')
const first = await tour.putIfAbsent('config/host', 'a.example')
const second = await tour.putIfAbsent('config/host', 'b.example')
say(`putIfAbsent twice                ${first.succeeded}, then ${second.succeeded}`)
const txn = await tour.txn({
  if: [compare.value('config/port').equals('9090'), compare.version('config/host').equals(1)],
  then: [op.get('config/host'), op.put('config/checked', 'yes')],
  else: [op.get('config/port')],
})
if (txn.succeeded) say(`if port is 9090 then get host    "${txn.results[0]?.value}"`)
else say(`the port is ${txn.results[0]?.value}`)

console.log('\nWatch')
const watch = tour.watch(prefix('config/'), { from: put.revision, previous: true })
const seen: string[] = []
for await (const event of watch) {
  const before = event.previous === undefined ? '' : ` (was "${event.previous.value}")`
  seen.push(
    event.type === 'put'
      ? `put ${event.key}="${event.value}"${before}`
      : `delete ${event.key}${before}`,
  )
  if (seen.length === 4) await tour.delete('config/checked')
  if (event.type === 'delete') break
}
for (const line of seen) say(line)

console.log('\nLeases')
const lease = await etcd.lease({ ttlSeconds: 5 })
await tour.put('services/a', '10.0.0.1', { lease })
say(
  `lease of ${lease.ttlSeconds} s, kept alive          services/a is there: ${(await tour.get('services/a')) !== undefined}`,
)
await lease.revoke()
say(
  `revoked                          services/a is there: ${(await tour.get('services/a')) !== undefined}`,
)
say(`and whoever held it was told     ${lease.signal.aborted}: ${messageOf(lease.signal.reason)}`)

console.log('\nTyped views')
interface App {
  readonly replicas: number
  readonly image: string
}
const apps = tour.keyspace('apps/', json<App>())
await apps.put('web', { replicas: 3, image: 'web:1' })
const web = await apps.get('web')
say(`apps.get('web')                  ${web?.value.replicas} replicas of ${web?.value.image}`)
const update = { replicas: 5, image: 'web:2' }
const swap = await apps.compareAndSwap('web', update, { modRevision: web?.modRevision ?? 0 })
const stale = await apps.compareAndSwap('web', update, { modRevision: web?.modRevision ?? 0 })
say(`compareAndSwap, and with a stale revision: ${swap.succeeded}, then ${stale.succeeded}`)

console.log('\nErrors say what happened')
try {
  await tour.put('config/port', '1', { lease: '7' })
} catch (error) {
  if (error instanceof EtcdError) say(`${error.code}, ${error.outcome}: ${error.message}`)
}
const now = await tour.put('config/port', '1')
await etcd.compact(now.revision)
try {
  await tour.get('config/port', { revision: put.revision })
} catch (error) {
  if (error instanceof CompactedError) say(`${error.code}: ${error.message}`)
}

const { deleted } = await etcd.delete(prefix(place))
console.log(`\nDone; ${deleted} keys of the tour deleted.\n`)

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason)
}
