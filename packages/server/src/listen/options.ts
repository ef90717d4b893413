// What a server can be told.

import type { Clock } from '../store/clock.ts'

/**
 * What an embedded etcd can be told. Everything has etcd's own default.
 *
 * @example
 * ```ts
 * import { EtcdServer, type EtcdServerOptions } from '@etcdkit/server'
 *
 * const options: EtcdServerOptions = { clock: 'manual', quotaBytes: 1_000_000 }
 * await using server = EtcdServer.create(options)
 * ```
 */
export interface EtcdServerOptions {
  /**
   * What times leases and progress notifications: the machine's clock, or one that stands still until
   * `server.clock.advance` moves it. Default: `system`.
   */
  readonly clock?: 'system' | 'manual' | Clock | undefined
  /** The member's name. Default: `default`. */
  readonly name?: string | undefined
  /** Goes into the ids of member and cluster. Default: `etcd-cluster`. */
  readonly clusterToken?: string | undefined
  /** Where clients are told to reach the member. Default: where it listens. */
  readonly advertiseClientUrls?: readonly string[] | undefined
  /** Most operations in one list of a txn. Default: 128. */
  readonly maxTxnOps?: number | undefined
  /** Largest request, in bytes; gRPC takes 512 KiB more. Default: 1.5 MiB. */
  readonly maxRequestBytes?: number | undefined
  /** Size at which writes fail and the NOSPACE alarm goes off; negative for none. Default: 2 GiB. */
  readonly quotaBytes?: number | undefined
  /** Shortest time to live a lease is granted; shorter ones are raised to it. Default: 2. */
  readonly minLeaseTtlSeconds?: number | undefined
  /** How often expired leases are looked for. Default: 500. */
  readonly leaseCheckMs?: number | undefined
  /** How often a watch that asked for it and saw no event is told the revision. Default: 10 minutes. */
  readonly watchProgressMs?: number | undefined
  /** Most revisions in one answer about the past. Default: 1000. */
  readonly watchBatchRevisions?: number | undefined
  /** Pause between two such answers to a watch. Default: 0 (etcd: 100). */
  readonly watchCatchUpMs?: number | undefined
  /** How long a simple token is good for since its last use. Default: 300. */
  readonly authTokenTtlSeconds?: number | undefined
  /** A number from 0 up to 1, for lease ids and the jitter of progress notifications. Default: `Math.random`. */
  readonly random?: (() => number) | undefined
}

/**
 * The certificate a server shows, and what it asks of clients. PEM.
 *
 * @example
 * ```ts
 * import { readFileSync } from 'node:fs'
 * import { EtcdServer } from '@etcdkit/server'
 *
 * const tls = { cert: readFileSync('server.pem'), key: readFileSync('server-key.pem') }
 * await using server = await EtcdServer.listen({ port: 0, tls })
 * ```
 */
export interface ServerTlsOptions {
  readonly cert: string | Uint8Array
  readonly key: string | Uint8Array
  /** Who signs the clients' certificates. */
  readonly ca?: string | Uint8Array | undefined
  /**
   * Whether clients must show a certificate. With auth on, a call over gRPC without a token is then from the user of the
   * certificate's common name. Default: false.
   */
  readonly clientCertAuth?: boolean | undefined
}

/**
 * Where a server listens.
 *
 * @example
 * ```ts
 * import { EtcdServer } from '@etcdkit/server'
 *
 * await using server = await EtcdServer.listen({ host: '0.0.0.0', port: 12379 })
 * ```
 */
export interface ListenOptions extends EtcdServerOptions {
  /** Default: `127.0.0.1`. */
  readonly host?: string | undefined
  /** 0 for any that is free. Default: 2379. */
  readonly port?: number | undefined
  /** Instead of host and port: `http://…`, `https://…`, `unix://…` or `unixs://…`, each listened on. */
  readonly urls?: readonly string[] | undefined
  /** Speak TLS. With `urls`: for those of `https` and `unixs`. */
  readonly tls?: ServerTlsOptions | undefined
  /** Whether the v2 API is served, below `/v2/`, as etcd up to 3.5 does with `--enable-v2`. Default: false. */
  readonly v2?: boolean | undefined
  /** Whether the JSON gateway is served, below `/v3/`. Default: true. */
  readonly gateway?: boolean | undefined
  /**
   * How the gateway says errors: `v2` as etcd 3.6, `{"code":5,"message":"…"}`; `v1` as etcd 3.4, with an `error` beside.
   * Default: `v2`.
   */
  readonly gatewayErrors?: 'v1' | 'v2' | undefined
  /** The origins of pages that may call it from a browser, such as `https://a.example`; `*` for all. Default: `['*']`. */
  readonly cors?: readonly string[] | undefined
}
