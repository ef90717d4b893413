// The door of `etcdkit/etcdjs`: a drop-in for the npm package `etcdjs`, which is a function and a class at once, and all
// that its module exports. Hence the default export, and the one that `require` answers with.

import { createHttpClient } from '#gateway-http'
import { EtcdjsClient } from './etcdjs/etcdjs-client.ts'
import type { EtcdjsOptions } from './etcdjs/etcdjs-options.ts'

export type { EtcdjsClient } from './etcdjs/etcdjs-client.ts'
export type { EtcdjsError } from './etcdjs/etcdjs-error.ts'
export type {
  EtcdjsCallback,
  EtcdjsCondition,
  EtcdjsDeleteOptions,
  EtcdjsDestroy,
  EtcdjsGetOptions,
  EtcdjsNext,
  EtcdjsNode,
  EtcdjsOptions,
  EtcdjsPushOptions,
  EtcdjsPushResult,
  EtcdjsResult,
  EtcdjsSetOptions,
  EtcdjsWaitCallback,
} from './etcdjs/etcdjs-options.ts'
export type { EtcdjsStats } from './etcdjs/etcdjs-stats.ts'
export type { HostOptions } from './etcdjs/hosts.ts'
export type { V2LeaderStats, V2SelfStats, V2StoreStats } from './v2/stats.ts'

type HostArgument = string | readonly string[] | EtcdjsOptions | null

/** Makes stores, with `new` or without. */
export interface Etcdjs {
  (host?: HostArgument, options?: EtcdjsOptions | null): EtcdjsClient
  new (host?: HostArgument, options?: EtcdjsOptions | null): EtcdjsClient
  readonly prototype: EtcdjsClient
}

class Client extends EtcdjsClient {
  constructor(host?: HostArgument, options?: EtcdjsOptions | null) {
    super(host, options, createHttpClient)
  }
}

/**
 * A store of the v2 API with callbacks, as the npm package `etcdjs` 2.4 makes them: change the import and nothing else.
 * Where that package's code is at odds with its documentation, this follows the documentation. Throws `TypeError` on hosts
 * that cannot be.
 *
 * Takes a host (`127.0.0.1:4001`, the port of etcd before 2.0, unless another is named), an array of them, a discovery URL
 * (`https://discovery.etcd.io/…`), or options alone.
 *
 * @example
 * ```ts
 * import etcdjs from 'etcdkit/etcdjs'
 *
 * const store = etcdjs('127.0.0.1:2379', { json: true })
 * store.set('greeting', { text: 'hello' }, (error) => {
 *   if (error) throw error
 *   store.get<{ text: string }>('greeting', (_, result) => {
 *     console.log(result?.node.value?.text)
 *     store.destroy()
 *   })
 * })
 * ```
 */
export const etcdjs: Etcdjs = /* @__PURE__ */ new Proxy(Client, {
  apply: (target, _, [host, options]) => new target(host, options),
  // A proxy of a class is called as its handler says: what TypeScript cannot see.
}) as unknown as Etcdjs

export { etcdjs as default, etcdjs as 'module.exports' }
