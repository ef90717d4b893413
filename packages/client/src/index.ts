// The door of `etcdkit`: the v3 client over gRPC, and everything its face is made of.

export {
  type ClientEvent,
  CompactedError,
  EtcdError,
  type EtcdErrorCode,
  type Outcome,
  type Transport,
} from '@etcdkit/protocol'
export { Etcd, type EtcdOptions } from './etcd.ts'
export { type SavedSnapshot, saveSnapshot } from './files/save-snapshot.ts'
export { Barrier, barrier, HeldBarrier } from './recipes/barrier.ts'
export type { WaitOptions } from './recipes/bounds.ts'
export { Cache, type CacheOptions, cache } from './recipes/cache.ts'
export type { Change } from './recipes/changes.ts'
export { CoordinatedClient } from './recipes/coordinated-client.ts'
export { Counter, counter } from './recipes/counter.ts'
export { BarrierPlace, DoubleBarrier, doubleBarrier } from './recipes/double-barrier.ts'
export {
  type CampaignOptions,
  Election,
  election,
  type FormerLeadership,
} from './recipes/election.ts'
export { Leadership } from './recipes/leadership.ts'
export { Live, type LiveOptions, type LiveValue, live } from './recipes/live.ts'
export { Lock, type LockOptions, lock, tryLock } from './recipes/lock.ts'
export { type MirrorChange, type MirrorOptions, type MirrorSink, mirror } from './recipes/mirror.ts'
export { type OrderingOptions, ordering } from './recipes/ordering.ts'
export {
  type EnqueueOptions,
  PriorityQueue,
  priorityQueue,
  Queue,
  queue,
} from './recipes/queue.ts'
export type { AnyKeyspace } from './recipes/recipe-keys.ts'
export {
  type RegisteredEndpoint,
  Registration,
  Registry,
  type RegistryStep,
  type RegistryUpdate,
  registry,
  type ServiceEndpoint,
} from './recipes/registry.ts'
export { RwLock, rwLock } from './recipes/rw-lock.ts'
export { Semaphore, semaphore } from './recipes/semaphore.ts'
export { openSession, Session, type SessionOptions } from './recipes/session.ts'
export { type StmOptions, stm } from './recipes/stm.ts'
export type { Isolation } from './recipes/stm-reads.ts'
export { type StmEntry, StmTransaction } from './recipes/stm-transaction.ts'
export { UncertainTakeError } from './recipes/take-first.ts'
export type { HoldOptions } from './recipes/take-seat.ts'
export { type DiscoveryOptions, discovery } from './transport/discovery.ts'
export type { EndpointSource } from './transport/endpoint-source.ts'
export type { GrpcTransportOptions } from './transport/grpc/grpc-options.ts'
export { GrpcTransport } from './transport/grpc/grpc-transport.ts'
export { type SrvOptions, type SrvRecord, type SrvResolver, srv } from './transport/srv.ts'
export type { PemSource, TlsOptions } from './transport/tls.ts'
export type { AuthOptions } from './transport/token.ts'
export type { CallTrace } from './transport/tracing.ts'
export { Auth, type AuthStatus } from './v3/auth/auth.ts'
export type { Permission, PermissionType } from './v3/auth/permission.ts'
export { type Role, Roles } from './v3/auth/roles.ts'
export { type User, type UserAddOptions, Users } from './v3/auth/users.ts'
export type { Clock } from './v3/clock.ts'
export {
  Cluster,
  type ClusterMember,
  type ClusterResult,
  type MemberAddResult,
  type MemberListOptions,
} from './v3/cluster/cluster.ts'
export type { MemberRef } from './v3/cluster/member-ref.ts'
export { bytes, type Codec, json, text } from './v3/codec.ts'
export { type CompareBuilders, type Comparison, compare } from './v3/compare.ts'
export { type CloseOptions, CoreClient, type CoreClientOptions } from './v3/core-client.ts'
export {
  ElectionService,
  type ServerCampaignOptions,
  type ServerLeadership,
} from './v3/election/election-service.ts'
export type { ObserveOptions } from './v3/election/observe.ts'
export { Entry, type EntryJson } from './v3/entry.ts'
export { EtcdClient, type EtcdClientOptions } from './v3/etcd.ts'
export type { DroppedEvents } from './v3/event-hub.ts'
export type { EventOutlet } from './v3/event-outlet.ts'
export type { Key, KeyRange } from './v3/key.ts'
export { Keyspace } from './v3/keyspace.ts'
export type {
  CompactOptions,
  CountOptions,
  DeleteOptions,
  GetOptions,
  LeaseRef,
  ListKeysOptions,
  ListOptions,
  ListSelection,
  Order,
  PutOptions,
  RevisionBounds,
  ScanOptions,
  SortKey,
} from './v3/kv-options.ts'
export { Lease } from './v3/lease/lease.ts'
export type {
  LeaseGrant,
  LeaseOptions,
  LeaseTimeToLive,
  TimeToLiveOptions,
} from './v3/lease/lease-options.ts'
export { Leases } from './v3/lease/leases.ts'
export { LockService, type ServerLock, type ServerLockOptions } from './v3/lock/lock-service.ts'
export { type Alarm, type AlarmInput, type AlarmKind, Alarms } from './v3/maintenance/alarms.ts'
export { Downgrade, type DowngradeResult } from './v3/maintenance/downgrade.ts'
export { type HashKvOptions, Maintenance } from './v3/maintenance/maintenance.ts'
export type { HashKvResult, HashResult, MemberStatus } from './v3/maintenance/results.ts'
export {
  Snapshot,
  type SnapshotOptions,
  type SnapshotProgress,
} from './v3/maintenance/snapshot.ts'
export {
  type CountOp,
  type DeleteOp,
  type DeleteOpOptions,
  type GetOp,
  type GetOpOptions,
  type ListOp,
  type ListOpOptions,
  type Op,
  type OpBuilders,
  op,
  type PutOp,
  type PutOpOptions,
  type Txn,
  type TxnOp,
} from './v3/op.ts'
export type { ReadOptions, WriteOptions } from './v3/options.ts'
export { everything, from, prefix, range } from './v3/range.ts'
export type {
  CompactResult,
  CompareAndSwapResult,
  DeleteResult,
  ListResult,
  PutIfAbsentResult,
  PutIfPresentResult,
  PutResult,
} from './v3/results.ts'
export type { StandardSchema } from './v3/standard-schema.ts'
export type { Expected, PutIfAbsentOptions, PutIfPresentOptions } from './v3/swap.ts'
export type { OpResult, OpResults, TxnResult } from './v3/txn.ts'
export { Watch } from './v3/watch/watch.ts'
export type {
  DeleteEvent,
  PutEvent,
  Resync,
  WatchBatch,
  WatchEvent,
  WatchEventJson,
} from './v3/watch/watch-event.ts'
export type { ResyncWatchOptions, WatchOptions } from './v3/watch/watch-options.ts'
