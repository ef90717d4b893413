// etcdkit, as its users call it.

import { Etcd, prefix } from 'etcdkit'
import type { OpenSuitePeer } from '../../suite/peer.ts'

export const open: OpenSuitePeer = async ({ endpoint, ca }) => {
  const etcd = new Etcd({ endpoints: endpoint, ...(ca !== undefined && { tls: { ca } }) })
  const session = { opened: undefined as ReturnType<typeof etcd.session> | undefined }
  return {
    put: (key, value) => etcd.put(key, value),
    get: async (key) => (await etcd.get(key))?.value,
    txn: (key, value) => etcd.putIfPresent(key, value),
    list: async (start) => {
      let count = 0
      for (const entry of (await etcd.list(prefix(start))).entries) if (entry.value) count++
      return count
    },
    scan: async (start) => {
      let count = 0
      for await (const entry of etcd.scan(prefix(start))) if (entry.value) count++
      return count
    },
    watch: async (start, revision, count) => {
      let seen = 0
      for await (const event of etcd.watch(prefix(start), { from: revision })) {
        if (event.value !== undefined && ++seen === count) return
      }
    },
    lease: () => etcd.lease({ ttlSeconds: 10 }),
    lock: async (name) => {
      session.opened ??= etcd.session()
      const lock = await etcd.lock(name, { session: await session.opened })
      return () => lock.release()
    },
    close: () => etcd.close(),
  }
}
