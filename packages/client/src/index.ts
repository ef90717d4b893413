// The door of `etcdkit`: the v3 client over gRPC, and everything its face is made of.

export {
  CompactedError,
  EtcdError,
  type EtcdErrorCode,
  type Outcome,
  type Transport,
} from '@etcdkit/protocol'
export { Etcd, type EtcdOptions } from './etcd.ts'
export { Barrier, barrier, HeldBarrier } from './recipes/barrier.ts'
export type { WaitOptions } from './recipes/bounds.ts'
export { CoordinatedClient } from './recipes/coordinated-client.ts'
export { Counter, counter } from './recipes/counter.ts'
export { BarrierPlace, DoubleBarrier, doubleBarrier } from './recipes/double-barrier.ts'
export {
  type CampaignOptions,
  Election,
  election,
  type FormerLeadership,
} from './recipes/election.ts'
export { Held } from './recipes/held.ts'
export { Leadership } from './recipes/leadership.ts'
export { Lock, type LockOptions, lock, tryLock } from './recipes/lock.ts'
export { type OrderingOptions, ordering } from './recipes/ordering.ts'
export {
  type EnqueueOptions,
  PriorityQueue,
  priorityQueue,
  Queue,
  queue,
} from './recipes/queue.ts'
export type { AnyKeyspace } from './recipes/recipe-keys.ts'
export { RwLock, rwLock } from './recipes/rw-lock.ts'
export { Semaphore, semaphore } from './recipes/semaphore.ts'
export { openSession, Session, type SessionOptions } from './recipes/session.ts'
export { type StmOptions, stm } from './recipes/stm.ts'
export type { Isolation } from './recipes/stm-reads.ts'
export { type StmEntry, StmTransaction } from './recipes/stm-transaction.ts'
export { UncertainTakeError } from './recipes/take-first.ts'
export type { HoldOptions } from './recipes/take-seat.ts'
export { GrpcTransport, type GrpcTransportOptions } from './transport/grpc/grpc-transport.ts'
export type { PemSource, TlsOptions } from './transport/tls.ts'
export type { AuthOptions } from './transport/token.ts'
export type { Clock } from './v3/clock.ts'
export { bytes, type Codec, json, text } from './v3/codec.ts'
export { type CompareBuilders, type Comparison, compare } from './v3/compare.ts'
export { Entry, type EntryJson } from './v3/entry.ts'
export { type CloseOptions, EtcdClient, type EtcdClientOptions } from './v3/etcd.ts'
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
  WatchBatch,
  WatchEvent,
  WatchEventJson,
} from './v3/watch/watch-event.ts'
export type { WatchOptions } from './v3/watch/watch-options.ts'
