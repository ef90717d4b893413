// A cache that answers without a request, and a mirror into another place: both follow what is written.
// Usage: ETCD_ENDPOINTS=http://127.0.0.1:2379 node --import tsx examples/copies.ts

import { cache, Etcd, everything, mirror } from 'etcdkit'

await using etcd = new Etcd(process.env.ETCD_ENDPOINTS ?? 'http://127.0.0.1:2379')
const place = etcd.keyspace(`etcdkit-example/${Date.now()}/`)
const config = place.keyspace('config/')
const backup = place.keyspace('backup/')

await config.put('port', '8080')
await using known = cache(config, everything)
await known.ready
console.log('cached', known.get('port')?.value)
const last = await config.put('port', '9090')
await known.sync()
console.log('then', known.get('port')?.value)

const stop = new AbortController()
await mirror(config, everything, backup, {
  signal: stop.signal,
  onRevision: (revision) => {
    if (revision >= last.revision) stop.abort('copied')
  },
}).catch((reason: unknown) => console.log(reason))
console.log('in the backup', (await backup.get('port'))?.value)
