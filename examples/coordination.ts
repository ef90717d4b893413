// Readers and writers, permits, and a queue between them: who may do what, and how many at a time.
// Usage: ETCD_ENDPOINTS=http://127.0.0.1:2379 node --import tsx examples/coordination.ts

import { Etcd, json, queue, rwLock, semaphore } from 'etcdkit'

await using etcd = new Etcd(process.env.ETCD_ENDPOINTS ?? 'http://127.0.0.1:2379')
const place = etcd.keyspace(`etcdkit-example/${Date.now()}/`)
await using session = await etcd.session({ ttlSeconds: 10 })

const index = rwLock(place, 'index')
{
  await using _one = await index.read()
  await using _two = await index.read()
  console.log('two read; may one write?', (await index.tryWrite({ session })) !== undefined)
}
{
  await using writing = await index.write({ session, timeoutMs: 30_000 })
  console.log('now one writes, fence', writing.fence > 0)
}

const jobs = queue(place.keyspace('', json<{ file: string }>()), 'jobs')
const downloads = semaphore(place, 'downloads', 2)
let atOnce = 0
let most = 0
async function work(): Promise<void> {
  await using _permit = await downloads.acquire({ session, timeoutMs: 30_000 })
  most = Math.max(most, ++atOnce)
  const { value } = await jobs.dequeue({ timeoutMs: 30_000 })
  console.log('downloaded', value.file)
  atOnce--
}
const workers = [1, 2, 3].map(work)
for (const file of ['1.png', '2.png', '3.png']) await jobs.enqueue({ file })
await Promise.all(workers)
console.log(`at most ${most} at a time`)
