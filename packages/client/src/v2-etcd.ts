// The v2 client with what its runtime sends requests by.

import { createHttpClient } from '#gateway-http'
import { V2Client } from './v2/v2-client.ts'
import type { V2Options } from './v2/v2-options.ts'

/**
 * A client of the v2 API, which etcd 0.4 to 3.5 serve (from 3.4 on with `--enable-v2`). Nothing is connected before the
 * first call.
 *
 * Takes an endpoint or a list of them (`http://a:2379,http://b:2379`, or an array), or options. Without either it is
 * `http://127.0.0.1:2379`. Throws `TypeError` or `RangeError` on what cannot be.
 *
 * @example
 * ```ts
 * import { EtcdV2 } from 'etcdkit/v2'
 *
 * await using etcd = new EtcdV2('http://127.0.0.1:2379')
 * const { index } = await etcd.set('greeting', 'hello', { ttlSeconds: 60 })
 * console.log((await etcd.get('greeting'))?.value)
 * for await (const event of etcd.watch('greeting', { from: index })) {
 *   console.log(event.action, event.node.value)
 *   break
 * }
 * ```
 */
export class EtcdV2 extends V2Client {
  constructor(options: string | readonly string[] | V2Options = {}) {
    if ((typeof options !== 'object' && typeof options !== 'string') || options === null) {
      throw new TypeError(`EtcdV2 takes endpoints or options, not ${String(options)}`)
    }
    const isList = typeof options === 'string' || Array.isArray(options)
    // `Array.isArray` does not narrow readonly arrays.
    const given = (isList ? { endpoints: options } : options) as V2Options
    super(given, createHttpClient)
  }
}
