// A client in a process of its own, which tests stop and wake: it reads, watches and keeps a lease, and says what it sees.
// Usage: watching-program.ts ENDPOINT PREFIX

import { Etcd, EtcdError, prefix } from 'etcdkit'

const [endpoint = '', at = ''] = process.argv.slice(2)
const say = (...words: readonly string[]): void => console.log(words.join(' '))

const etcd = new Etcd({ endpoints: endpoint, timeoutMs: 20_000 })
const lease = await etcd.lease({ ttlSeconds: 3 })
await etcd.put(`${at}lease`, 'held', { lease })
lease.signal.addEventListener('abort', () => {
  const { reason } = lease.signal
  say('lost', reason instanceof EtcdError ? reason.code : String(reason))
})

const watch = etcd.watch(prefix(`${at}n/`))
await watch.ready
say('ready')
for await (const event of watch) {
  const { key, value } = event
  say('saw', key.slice(at.length), String(value))
  // By a call of its own, so that a test knows that these work as well.
  await etcd.put(`${at}echo`, String(value), { repeatable: true })
  if (value === 'last') break
}
await etcd.close()
say(
  'closed',
  JSON.stringify(
    process.getActiveResourcesInfo().filter((name) => /Timeout|Socket|TCP/.test(name)),
  ),
)
