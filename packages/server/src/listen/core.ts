// A server without its ports: the store, the services over it, and the faults between them and their callers.

import type { Clock } from '../store/clock.ts'
import { ManualClock } from '../store/manual-clock.ts'
import { Store } from '../store/store.ts'
import { systemClock } from '../store/system-clock.ts'
import { authServices } from '../v3/auth.ts'
import { clusterServices } from '../v3/cluster.ts'
import { Dispatcher } from '../v3/dispatcher.ts'
import { electionServices } from '../v3/election.ts'
import { FaultBook } from '../v3/fault-book.ts'
import { healthServices } from '../v3/health.ts'
import { kvServices } from '../v3/kv.ts'
import { leaseServices } from '../v3/lease.ts'
import { lockServices } from '../v3/lock.ts'
import { maintenanceServices } from '../v3/maintenance.ts'
import { createMember } from '../v3/member.ts'
import { Membership } from '../v3/membership.ts'
import { firstRaftIndex, type ServiceCore } from '../v3/service-core.ts'
import { WatchService } from '../v3/watch.ts'
import type { EtcdServerOptions } from './options.ts'

/** Everything of a server but its ports. */
export interface ServerCore {
  readonly services: ServiceCore
  readonly watches: WatchService
  readonly faults: FaultBook
  readonly dispatcher: Dispatcher
  readonly clock: Clock
  /** Largest message a client may send, in bytes. */
  readonly maxMessageBytes: number
}

/** etcd's own defaults. */
const raftTerm = 2
const peerUrls = ['http://localhost:2380']
const clientUrls = ['http://localhost:2379']
/** How much larger a message may be than the request in it. Source: etcd `v3rpc/grpc.go`, grpcOverheadBytes. */
const grpcOverheadBytes = 512 * 1024

/** Builds it. Throws `RangeError` on an option that cannot be. */
export function createCore(options: EtcdServerOptions): ServerCore {
  const clock = createClock(options.clock)
  const services = createServiceCore(options, clock)
  const watches = new WatchService(services.store)
  const faults = new FaultBook(() => overtake(services.store))
  const served = [
    ...kvServices(services),
    watches.service,
    ...leaseServices(services),
    ...clusterServices(services),
    ...maintenanceServices(services),
    ...authServices(services),
    ...lockServices(services),
    ...electionServices(services),
    ...healthServices,
  ]
  return {
    services,
    watches,
    faults,
    dispatcher: new Dispatcher(served, faults, clock),
    clock,
    maxMessageBytes: services.maxRequestBytes + grpcOverheadBytes,
  }
}

function createClock(clock: EtcdServerOptions['clock']): Clock {
  if (clock === 'manual') return new ManualClock()
  return clock === undefined || clock === 'system' ? systemClock : clock
}

function createServiceCore(options: EtcdServerOptions, clock: Clock): ServiceCore {
  const member = createMember({
    name: options.name ?? 'default',
    clusterToken: options.clusterToken ?? 'etcd-cluster',
    peerUrls,
    clientUrls: options.advertiseClientUrls ?? clientUrls,
  })
  const { clusterId, memberId } = member
  const store = new Store({ ...options, clock, identity: { clusterId, memberId, raftTerm } })
  return {
    store,
    member,
    membership: new Membership(member),
    raftTerm,
    maxRequestBytes: options.maxRequestBytes ?? 1.5 * 1024 ** 2,
    maxTxnOps: options.maxTxnOps ?? 128,
    quotaBytes: options.quotaBytes ?? 2 * 1024 ** 3,
    raftIndex: firstRaftIndex,
  }
}

function overtake(store: Store): number {
  const { revision } = store
  if (store.compactRevision < revision) store.compact({ revision, physical: true })
  store.overtakeWatches()
  return revision
}
