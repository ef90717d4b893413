// A client that does a little of everything, over and over, and is closed each time: nothing of it may be left.
// Usage, with --expose-gc: closing-program.ts ENDPOINT PREFIX DOOR

import { Etcd, everything, prefix } from 'etcdkit'
import { Etcd as GatewayEtcd } from 'etcdkit/gateway'

const [endpoint = '', at = '', door] = process.argv.slice(2)
const Client = door === 'gateway' ? GatewayEtcd : Etcd

async function useOne(round: number): Promise<WeakRef<object>[]> {
  const endpoints = [endpoint, 'http://127.0.0.1:1']
  const etcd = new Client({ endpoints, syncIntervalMs: 60_000, timeoutMs: 20_000 })
  const keys = etcd.keyspace(`${at}${round}/`)
  const lease = await etcd.lease({ ttlSeconds: 10 })
  await keys.put('a', '1', { lease })
  await keys.list(everything)
  const watch = keys.watch(prefix(''))
  await watch.ready
  const events = etcd.events()
  const controller = new AbortController()
  const pending = Promise.allSettled([
    events.next(),
    watch[Symbol.asyncIterator]().next(),
    keys.get('a', { endpoint: 'http://127.0.0.1:1', signal: controller.signal }),
  ])
  await etcd.close()
  await pending
  await etcd.close()
  return [etcd, lease, watch, events, keys, controller.signal].map((each) => new WeakRef(each))
}

const refs: WeakRef<object>[] = []
for (let round = 0; round < 5; round++) refs.push(...(await useOne(round)))

const left = process
  .getActiveResourcesInfo()
  .filter((name) => !/Immediate|TickObject|Pipe|TTY|File/.test(name))
console.log('resources', JSON.stringify(left))
for (let turn = 0; turn < 10; turn++) {
  await new Promise((resolve) => setImmediate(resolve))
  globalThis.gc?.()
}
// What the last turn of a loop held may still be on the stack.
console.log('alive', refs.slice(0, -6).filter((ref) => ref.deref() !== undefined).length)
