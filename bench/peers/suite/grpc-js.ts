// `@grpc/grpc-js` with `protobufjs` alone: what npm etcd3 is built on.

import type { OpenSuitePeer } from '../../suite/peer.ts'
import { open as openTransport } from '../grpc-js.ts'

export const open: OpenSuitePeer = async ({ endpoint }) => {
  const { put, get, range, close } = await openTransport(new URL(endpoint).host)
  const bytes = (text: string): Uint8Array => Buffer.from(text)
  return {
    put: (key, value) => put(bytes(key), bytes(value)),
    get: (key) => get(bytes(key)),
    list: (start) => range(bytes(start), bytes(`${start.slice(0, -1)}0`)) as Promise<number>,
    close,
  }
}
