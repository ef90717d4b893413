// npm etcd3, as its users call it.

import { readFileSync } from 'node:fs'
import { Etcd3 } from 'etcd3'
import type { OpenSuitePeer } from '../../suite/peer.ts'

export const open: OpenSuitePeer = async ({ endpoint, ca }) => {
  const etcd = new Etcd3({
    hosts: endpoint,
    grpcOptions: { 'grpc.max_receive_message_length': -1 },
    ...(ca !== undefined && { credentials: { rootCertificate: readFileSync(ca) } }),
  })
  return {
    put: (key, value) => etcd.put(key).value(value).exec(),
    get: (key) => etcd.get(key).string(),
    txn: (key, value) => etcd.if(key, 'Version', '>', 0).then(etcd.put(key).value(value)).commit(),
    list: async (start) => {
      let count = 0
      for (const value of Object.values(await etcd.getAll().prefix(start).strings())) {
        if (value) count++
      }
      return count
    },
    watch: (start, revision, count) =>
      new Promise((resolve, reject) => {
        let seen = 0
        const builder = etcd.watch().prefix(start).startRevision(String(revision))
        builder.create().then((watcher) => {
          watcher.on('put', ({ value }) => {
            if (value.toString() !== '' && ++seen === count) resolve(watcher)
          })
          watcher.on('error', reject)
        }, reject)
      }),
    lease: () => etcd.lease(10).grant(),
    lock: async (name) => {
      const lock = await etcd.lock(name).acquire()
      return () => lock.release()
    },
    close: () => etcd.close(),
  }
}
