// etcdkit's client of the v2 API.

import { EtcdV2 } from 'etcdkit/v2'
import type { OpenSuitePeer } from '../../suite/peer.ts'

export const open: OpenSuitePeer = async ({ endpoint }) => {
  const etcd = new EtcdV2(endpoint)
  return {
    put: async (key, value) => (await etcd.set(key, value)).node.modifiedIndex,
    get: async (key) => (await etcd.get(key))?.value,
    wait: (key, waitIndex) => etcd.wait(key, { waitIndex }),
    close: () => etcd.close(),
  }
}
