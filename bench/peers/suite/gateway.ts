// etcdkit over the JSON gateway.

import { Etcd } from 'etcdkit/gateway'
import type { OpenSuitePeer } from '../../suite/peer.ts'

export const open: OpenSuitePeer = async ({ endpoint }) => {
  const etcd = new Etcd(endpoint)
  return {
    put: (key, value) => etcd.put(key, value),
    get: async (key) => (await etcd.get(key))?.value,
    close: () => etcd.close(),
  }
}
