// The client most people want: etcd's v3 API over gRPC.

import type { Transport } from '@etcdkit/protocol'
import { CoordinatedClient } from './recipes/coordinated-client.ts'
import { GrpcTransport, type GrpcTransportOptions } from './transport/grpc/grpc-transport.ts'

/** How to reach a cluster, and as whom. */
export interface EtcdOptions extends GrpcTransportOptions {
  /** A transport of your own, such as an embedded server's, in place of gRPC. Only `timeoutMs` goes with it. */
  readonly transport?: Transport | undefined
}

/**
 * A client of an etcd cluster. Nothing is connected before the first call.
 *
 * Takes an endpoint or a list of them (`http://a:2379,http://b:2379`, or an array), or options. Without either it is
 * `http://127.0.0.1:2379`. Throws `TypeError` or `RangeError` on what cannot be.
 *
 * @example
 * ```ts
 * import { Etcd } from 'etcdkit'
 *
 * await using etcd = new Etcd({ endpoints: ['https://a:2379', 'https://b:2379'], tls: { ca: '/etc/etcd/ca.pem' } })
 * await etcd.put('greeting', 'hello')
 * console.log((await etcd.get('greeting'))?.value)
 * ```
 */
export class Etcd extends CoordinatedClient {
  constructor(options: string | readonly string[] | EtcdOptions = {}) {
    const given = typeof options === 'string' || isList(options) ? { endpoints: options } : options
    super(transportOf(given), { timeoutMs: given.timeoutMs })
  }
}

function transportOf(options: EtcdOptions): Transport {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`Etcd takes endpoints or options, not ${String(options)}`)
  }
  const { transport, ...others } = options
  if (transport === undefined) return new GrpcTransport(others)
  const name = Object.keys(others).find((each) => each !== 'timeoutMs')
  if (name !== undefined)
    throw new TypeError(`the option ${name} is for gRPC, and a transport is given`)
  return transport
}

// `Array.isArray` does not narrow readonly arrays.
function isList(options: object): options is readonly string[] {
  return Array.isArray(options)
}
