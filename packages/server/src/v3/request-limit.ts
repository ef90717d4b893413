// How large a request may be that changes something: it has to fit into a raft entry.

import type { CallContext } from './service.ts'

/** An InternalRaftRequest around a request: a header with an id (14 bytes), a tag, and the length. */
const envelopeBytes = 15

/** Whether a write is larger than the server takes. Source: etcd `server/etcdserver/v3_server.go`, processInternalRaftRequestOnce. */
export function isTooLarge(context: CallContext, maxRequestBytes: number): boolean {
  const { requestBytes } = context
  return envelopeBytes + varintBytes(requestBytes) + requestBytes > maxRequestBytes
}

function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest >= 128; rest /= 128) bytes += 1
  return bytes
}
