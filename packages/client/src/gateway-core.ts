// The smallest client over the JSON gateway: for pages that count every kB.

import { createHttpClient } from '#gateway-http'
import { checkOptions, type GatewayTransportOptions } from './transport/gateway/gateway-options.ts'
import { GatewayTransport } from './transport/gateway/gateway-transport.ts'
import { eventChannel } from './transport/tracing.ts'
import { CoreClient } from './v3/core-client.ts'

/** How to reach a cluster by its gateway, and as whom. */
export type EtcdCoreOptions = GatewayTransportOptions

/**
 * `Etcd` as far as keys go: their verbs, watches and leases, without what administers a cluster, and without the
 * recipes. Bundled for a browser it is about two thirds of `Etcd`.
 *
 * @example
 * ```ts
 * import { EtcdCore } from 'etcdkit/gateway'
 *
 * await using etcd = new EtcdCore('https://etcd.example:2379')
 * await etcd.put('greeting', 'hello')
 * for await (const event of etcd.watch('greeting')) console.log(event.type, event.key)
 * ```
 */
export class EtcdCore extends CoreClient {
  constructor(options: string | readonly string[] | EtcdCoreOptions = {}) {
    const given = givenOptions<EtcdCoreOptions>(options)
    super(createTransport(given), { timeoutMs: given.timeoutMs, events: eventChannel })
  }
}

/** Options, from what may be endpoints alone. Throws `TypeError` on what is neither. */
export function givenOptions<T extends GatewayTransportOptions>(
  options: string | readonly string[] | T,
): T {
  // Of all options each may be left out, so that the endpoints alone are some.
  if (typeof options === 'string' || isList(options)) return { endpoints: options } as T
  if (typeof options === 'object' && options !== null) return options
  throw new TypeError(`Etcd takes endpoints or options, not ${String(options)}`)
}

/** The transport of a client. Throws `TypeError` or `RangeError` on what cannot be. */
export function createTransport(options: GatewayTransportOptions): GatewayTransport {
  checkOptions(options)
  return new GatewayTransport(options, createHttpClient(options))
}

// `Array.isArray` does not narrow readonly arrays.
function isList(options: object): options is readonly string[] {
  return Array.isArray(options)
}
