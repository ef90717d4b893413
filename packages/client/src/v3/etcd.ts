// The v3 client over any transport: the verbs on all keys, and what concerns the whole store.

import {
  type CallOptions,
  KV,
  type MessageInit,
  type MessageStream,
  type StreamMethod,
  type Transport,
  type UnaryMethod,
} from '@etcdkit/protocol'
import { noBytes } from './bytes.ts'
import { type Clock, systemClock } from './clock.ts'
import { text } from './codec.ts'
import { failure, inputFailure } from './failure.ts'
import { Keyspace, type KeyspaceContext } from './keyspace.ts'
import type { CompactOptions } from './kv-options.ts'
import type { LeaseParts } from './lease/lease.ts'
import { revokeLease } from './lease/lease-calls.ts'
import { LeaseKeeper } from './lease/lease-keeper.ts'
import { assertInteger, assertOptions, writeOptionNames } from './options.ts'
import { type CompactResult, revisionOf } from './results.ts'
import { Scope } from './scope.ts'
import { WatchHub } from './watch/watch-hub.ts'

const compactNames = /* @__PURE__ */ writeOptionNames('physical')

/** How a client behaves, whatever its transport. */
export interface EtcdClientOptions {
  /** Milliseconds that what takes several calls may take, 0 or `Infinity` for no limit. Default: 5,000. */
  readonly timeoutMs?: number | undefined
  /** Tells watches and leases the time. Default: the machine's. */
  readonly clock?: Clock | undefined
}

/** How to close a client. */
export interface CloseOptions {
  /** Revoke the leases that are kept alive, and delete their keys with them. Default: false. */
  readonly revokeLeases?: boolean | undefined
}

const defaultTimeoutMs = 5000
const allKeys = /* @__PURE__ */ new Scope(noBytes, text)

/**
 * A client of etcd's v3 API over any transport, which it owns and closes. `Etcd` is one over gRPC.
 *
 * @example
 * ```ts
 * import { EtcdClient, GrpcTransport } from 'etcdkit'
 *
 * await using etcd = new EtcdClient(new GrpcTransport({ endpoints: 'http://127.0.0.1:2379' }))
 * await etcd.put('greeting', 'hello')
 * ```
 */
export class EtcdClient extends Keyspace<string, string | Uint8Array> {
  readonly #transport: Transport
  readonly #watches: WatchHub
  readonly #leaseParts: LeaseParts

  constructor(transport: Transport, options: EtcdClientOptions = {}) {
    const { timeoutMs = defaultTimeoutMs, clock = systemClock } = options
    const watches = new WatchHub(transport, clock)
    const leaseContext = { transport, clock, timeoutMs }
    const leaseParts: LeaseParts = {
      context: leaseContext,
      keeper: new LeaseKeeper(leaseContext),
      get keys(): Keyspace<string, string | Uint8Array> {
        return new Keyspace(keyspaceContext, allKeys)
      },
    }
    const keyspaceContext: KeyspaceContext = { transport, watches, leaseParts, clock, timeoutMs }
    super(keyspaceContext, allKeys)
    this.#transport = transport
    this.#watches = watches
    this.#leaseParts = leaseParts
  }

  /** Forgets the history before `revision`: older revisions can no longer be read or watched. */
  compact(revision: number, options?: CompactOptions): Promise<CompactResult> {
    const action = `compact at revision ${revision}`
    try {
      if (options !== undefined) assertOptions(options, compactNames)
      if (revision === undefined) throw new TypeError('the revision is missing')
      assertInteger(revision, 'revision')
    } catch (error) {
      return Promise.reject(inputFailure(action, error))
    }
    const request = { revision, physical: options?.physical }
    return this.#transport.unary(KV.compact, request, options).then(
      (response) => ({ revision: revisionOf(response.header) }),
      (error) => {
        throw failure(action, error)
      },
    )
  }

  /**
   * The raw door: any RPC with one message out and one in.
   *
   * @example
   * ```ts
   * import { Maintenance } from '@etcdkit/protocol'
   * import { Etcd } from 'etcdkit'
   *
   * await using etcd = new Etcd()
   * const { version } = await etcd.call(Maintenance.status, {})
   * ```
   */
  call<I extends object, O extends object>(
    method: UnaryMethod<I, O>,
    message: MessageInit<I>,
    options?: CallOptions,
  ): Promise<O> {
    const action = `call ${method.service}/${method.name}`
    if (method.kind !== 'unary') {
      const error = new TypeError('it is a stream: see etcd.stream')
      return Promise.reject(inputFailure(action, error))
    }
    return this.#transport.unary(method, message, options).catch((error) => {
      throw failure(action, error)
    })
  }

  /**
   * The raw door: any RPC with a stream. What its iteration throws is told as the transport tells it.
   *
   * @example
   * ```ts
   * import { Maintenance } from '@etcdkit/protocol'
   * import { Etcd } from 'etcdkit'
   *
   * await using etcd = new Etcd()
   * const snapshot = etcd.stream(Maintenance.snapshot)
   * snapshot.send({})
   * snapshot.end()
   * for await (const { blob } of snapshot) console.log(blob.length)
   * ```
   */
  stream<I extends object, O extends object>(
    method: StreamMethod<I, O>,
    options?: CallOptions,
  ): MessageStream<I, O> {
    return this.#transport.stream(method, options)
  }

  /**
   * Ends everything the client started: calls and the iteration of open watches reject with an `EtcdError` of the code
   * `closed`, which is also the reason that aborts the signals of leases. Leases are left to end by themselves, within
   * their TTL, unless asked otherwise. Twice is fine.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const { context, keeper } = this.#leaseParts
    this.#watches.close()
    const { ids } = keeper
    keeper.close()
    if (options.revokeLeases === true) {
      // Those that cannot be revoked end by themselves.
      await Promise.allSettled(ids.map((id) => revokeLease(context, id)))
    }
    await this.#transport.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
