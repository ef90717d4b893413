import { EtcdClient } from '../src/v3/etcd.ts'
import { compare } from '../src/v3/compare.ts'
import { op } from '../src/v3/op.ts'
import { prefix, everything, from } from '../src/v3/range.ts'
import { json } from '../src/v3/codec.ts'
import { grpcJsTransport } from './try-grpcjs.ts'
await using etcd = new EtcdClient(grpcJsTransport(process.argv[2]!))
console.log(await etcd.put('a', '1'), await etcd.get('a'))
const r = await etcd.txn({ if: [compare.version('a').equals(0)], then: [op.put('a', '1'), op.get('b')], else: [op.get('a'), op.list(prefix('a')), op.txn({ then: [op.count(everything), op.put('x/y', 'z', {previous: true})] })] })
if (!r.succeeded) { const [g, l, t] = r.results; console.log(g?.value, l.entries, t.succeeded && t.results[0], t.succeeded && t.results[1].previous) }
const ks = etcd.keyspace('apps/', json<{ port: number }>())
console.log(await ks.putIfAbsent('web', { port: 80 }), await ks.putIfAbsent('web', { port: 81 }), await ks.compareAndSwap('web', { port: 5 }, { value: { port: 80 } }, { previous: true }))
console.log(JSON.stringify(await ks.list(everything)), await etcd.list(from('apps'), { keysOnly: true }))
for await (const e of etcd.scan(everything, { pageSize: 1, order: 'descending' })) console.log(e.key)
console.log(await etcd.put('', 'x').catch(e => e), await etcd.put('q', 'x', { lease: '77' }).catch(e => e), await etcd.get('a', { rev: 1 } as never).catch(e => e.message), await etcd.compact(5000).catch(e => e))
const n = 100000
for (let round = 0; round < 3; round++) {
  const t = performance.now(), c = process.cpuUsage()
  const fake = new EtcdClient({ fullDuplex: true, unary: () => Promise.resolve({ header: { revision: 1 }, prevKv: undefined }), } as never)
  let i = 0
  await Promise.all(Array.from({ length: 128 }, async () => { while (i++ < n) await fake.put('key-' + (i & 1023), 'some value of 32 bytes or so.....') }))
  const cpu = process.cpuUsage(c)
  console.log('v3 put', ((performance.now() - t) / n * 1000).toFixed(3), 'us', (cpu.user + cpu.system) / n)
}
