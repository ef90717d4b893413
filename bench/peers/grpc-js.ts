// `@grpc/grpc-js` with `protobufjs`, as npm etcd3 uses them, without etcd3's own layers.

import { Client, credentials } from '@grpc/grpc-js'
import protobuf, { type Type } from 'protobufjs'
import type { OpenPeer } from '../support/peer.ts'

interface RangeAnswer {
  readonly kvs: readonly { readonly value: Uint8Array }[]
}

const messages = `syntax = "proto3";
message ResponseHeader { uint64 cluster_id = 1; uint64 member_id = 2; int64 revision = 3; uint64 raft_term = 4; }
message KeyValue {
  bytes key = 1; int64 create_revision = 2; int64 mod_revision = 3; int64 version = 4; bytes value = 5; int64 lease = 6;
}
message RangeRequest { bytes key = 1; bytes range_end = 2; }
message RangeResponse { ResponseHeader header = 1; repeated KeyValue kvs = 2; bool more = 3; int64 count = 4; }
message PutRequest { bytes key = 1; bytes value = 2; int64 lease = 3; bool prev_kv = 4; }
message PutResponse { ResponseHeader header = 1; KeyValue prev_kv = 2; }`

export const open: OpenPeer = async (endpoint) => {
  const { root } = protobuf.parse(messages)
  const client = new Client(endpoint, credentials.createInsecure(), {
    'grpc.max_receive_message_length': -1,
  })

  function method(path: string, input: Type, output: Type): (request: object) => Promise<unknown> {
    // protobufjs types its output as Uint8Array; on Node it is a Buffer.
    const serialize = (request: object): Buffer => input.encode(request).finish() as Buffer
    const deserialize = (bytes: Buffer): unknown => output.decode(bytes)
    return (request) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(path, serialize, deserialize, request, (error, answer) => {
          if (error === null) resolve(answer)
          else reject(error)
        })
      })
  }

  const type = (name: string): Type => root.lookupType(name)
  const put = method('/etcdserverpb.KV/Put', type('PutRequest'), type('PutResponse'))
  const range = method('/etcdserverpb.KV/Range', type('RangeRequest'), type('RangeResponse'))
  return {
    put: (key, value) => put({ key, value }),
    get: (key) => range({ key }),
    range: async (key, rangeEnd) => {
      // The shape that `messages` declares.
      const answer = (await range({ key, rangeEnd })) as RangeAnswer
      return answer.kvs.reduce((count, kv) => (kv.value.length > 0 ? count + 1 : count), 0)
    },
    close: async () => client.close(),
  }
}
