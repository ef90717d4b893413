// Our engine and transport, without the v3 face.

import { KV } from '@etcdkit/protocol'
import { GrpcTransport } from 'etcdkit'
import type { OpenPeer } from '../support/peer.ts'

export const open: OpenPeer = async (endpoint) => {
  const transport = new GrpcTransport({ endpoints: endpoint })
  return {
    put: (key, value) => transport.unary(KV.put, { key, value }),
    get: (key) => transport.unary(KV.range, { key }),
    range: async (key, rangeEnd) => {
      const { kvs } = await transport.unary(KV.range, { key, rangeEnd })
      return kvs.reduce((count, kv) => (kv.value.length > 0 ? count + 1 : count), 0)
    },
    close: () => transport.close(),
  }
}
