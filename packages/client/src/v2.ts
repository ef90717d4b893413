// The door of `etcdkit/v2`: the client of etcd's v2 API, and everything its face is made of.

export { EtcdError, type EtcdErrorCode, type Outcome } from '@etcdkit/protocol'
export { type DiscoveryOptions, discovery } from './transport/discovery.ts'
export type { EndpointSource } from './transport/endpoint-source.ts'
export { type SrvOptions, type SrvRecord, type SrvResolver, srv } from './transport/srv.ts'
export type { PemSource, TlsOptions } from './transport/tls-options.ts'
export { V2Admin, type V2AdminConfig, type V2Machine } from './v2/admin.ts'
export {
  V2Auth,
  type V2Permissions,
  type V2Role,
  type V2RoleChange,
  type V2User,
  type V2UserChange,
} from './v2/auth.ts'
export { type V2Acknowledgement, V2Keyspace } from './v2/keyspace.ts'
export { type V2Member, V2Members } from './v2/members.ts'
export { migrate } from './v2/migrate.ts'
export { MigrateError, type MigrateOptions, type MigrateProgress } from './v2/migrate-options.ts'
export type { V2Action, V2Directory, V2Event, V2File, V2Node } from './v2/node.ts'
export type { V2Version } from './v2/pages.ts'
export {
  type V2LeaderStats,
  type V2SelfStats,
  V2Stats,
  type V2StatsOptions,
  type V2StoreStats,
} from './v2/stats.ts'
export type { V2Response } from './v2/v2-answer.ts'
export { V2Client, type V2RawRequest } from './v2/v2-client.ts'
export { EtcdV2Error } from './v2/v2-error.ts'
export type { V2Options } from './v2/v2-options.ts'
export type {
  Fields,
  V2CallOptions,
  V2Condition,
  V2DeleteOptions,
  V2GetOptions,
  V2ListOptions,
  V2SetOptions,
  V2UpdateOptions,
  V2WriteOptions,
} from './v2/verb-options.ts'
export { type V2Resync, V2Watch, type V2WatchItem } from './v2/watch.ts'
export type { V2ResyncWatchOptions, V2WaitOptions, V2WatchOptions } from './v2/watch-options.ts'
export { EtcdV2 } from './v2-etcd.ts'
export { bytes, type Codec, json, text } from './v3/codec.ts'
