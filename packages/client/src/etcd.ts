// The client most people want: etcd's v3 API over gRPC.

import type { Transport } from '@etcdkit/protocol'
import { CoordinatedClient } from './recipes/coordinated-client.ts'
import type { GrpcTransportOptions } from './transport/grpc/grpc-options.ts'
import { GrpcTransport } from './transport/grpc/grpc-transport.ts'
import { eventChannel } from './transport/tracing.ts'

/** How to reach a cluster, and as whom. */
export interface EtcdOptions extends GrpcTransportOptions {
  /**
   * A transport of your own, such as an embedded server's, in place of gRPC. Only `timeoutMs` and `syncIntervalMs` go
   * with it.
   */
  readonly transport?: Transport | undefined
  /** Milliseconds between two `sync` of the endpoints with the list of members, the first after one. Default: 0, none. */
  readonly syncIntervalMs?: number | undefined
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
    const { timeoutMs, syncIntervalMs } = given
    super(transportOf(given), { timeoutMs, syncIntervalMs, events: eventChannel })
  }
}

function transportOf(options: EtcdOptions): Transport {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`Etcd takes endpoints or options, not ${String(options)}`)
  }
  const { transport, syncIntervalMs: _, ...others } = options
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
