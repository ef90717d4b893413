// The v3 client over any transport, whole: keys, watches and leases, and what administers a cluster.

import type { Transport } from '@etcdkit/protocol'
import { Auth } from './auth/auth.ts'
import { systemClock } from './clock.ts'
import { Cluster } from './cluster/cluster.ts'
import { type CloseOptions, CoreClient, type CoreClientOptions, contextOf } from './core-client.ts'
import { ElectionService } from './election/election-service.ts'
import { LockService } from './lock/lock-service.ts'
import { Maintenance } from './maintenance/maintenance.ts'
import { MemberSync } from './member-sync.ts'
import { assertInteger, type ReadOptions } from './options.ts'

/** How a client behaves, whatever its transport. */
export interface EtcdClientOptions extends CoreClientOptions {
  /** Milliseconds between two `sync` of the endpoints, the first after one. Default: 0, none. */
  readonly syncIntervalMs?: number | undefined
}

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
export class EtcdClient extends CoreClient {
  readonly #transport: Transport
  readonly #sync: MemberSync

  constructor(transport: Transport, options: EtcdClientOptions = {}) {
    const { clock = systemClock, syncIntervalMs = 0 } = options
    assertInteger(syncIntervalMs, 'syncIntervalMs')
    super(transport, options)
    this.#transport = transport
    this.#sync = new MemberSync(transport, clock)
    if (syncIntervalMs > 0) this.#sync.repeat(syncIntervalMs)
  }

  /**
   * Takes the endpoints from the cluster: the client URLs of its members that are started and no learners. Answers them.
   * See the option `syncIntervalMs`.
   */
  sync(options?: ReadOptions): Promise<readonly string[]> {
    return this.#sync.sync(options)
  }

  /** Users, roles, and whether they count. */
  get auth(): Auth {
    return new Auth(this.#transport)
  }

  /** The members. */
  get cluster(): Cluster {
    return new Cluster(this.#transport)
  }

  /** The upkeep of members: status, alarms, space, snapshots, leadership, versions. */
  get maintenance(): Maintenance {
    return new Maintenance(contextOf(this))
  }

  /** Locks kept by the server, over its own RPCs. */
  get lockService(): LockService {
    return new LockService(this.#transport)
  }

  /** Elections kept by the server, over its own RPCs. */
  get electionService(): ElectionService {
    return new ElectionService(contextOf(this))
  }

  override async close(options?: CloseOptions): Promise<void> {
    this.#sync.close()
    await super.close(options)
  }
}
