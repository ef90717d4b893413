// The package's door: every name that others may use.

export { decodeBase64, encodeBase64 } from './base64.ts'
export { withViews } from './codec.ts'
export { DecodeError, type DecodeErrorOptions } from './decode-error.ts'
export type { ClientCode, EtcdCode, EtcdErrorCode } from './error-code.ts'
export {
  type Applied,
  type ErrorRow,
  errorFromStatus,
  errorTable,
  parseCancelReason,
  statusOf,
  type WireError,
} from './error-table.ts'
export {
  CallOptionsError,
  CompactedError,
  EtcdError,
  type EtcdErrorOptions,
  type Outcome,
} from './errors.ts'
export type { ClientEvent, EventSink } from './events.ts'
export {
  Permission,
  PermissionType,
  Role,
  User,
  UserAddOptions,
} from './gen/authpb/auth.ts'
export {
  AuthDisableRequest,
  AuthDisableResponse,
  AuthEnableRequest,
  AuthEnableResponse,
  AuthenticateRequest,
  AuthenticateResponse,
  AuthRoleAddRequest,
  AuthRoleAddResponse,
  AuthRoleDeleteRequest,
  AuthRoleDeleteResponse,
  AuthRoleGetRequest,
  AuthRoleGetResponse,
  AuthRoleGrantPermissionRequest,
  AuthRoleGrantPermissionResponse,
  AuthRoleListRequest,
  AuthRoleListResponse,
  AuthRoleRevokePermissionRequest,
  AuthRoleRevokePermissionResponse,
  AuthStatusRequest,
  AuthStatusResponse,
  AuthUserAddRequest,
  AuthUserAddResponse,
  AuthUserChangePasswordRequest,
  AuthUserChangePasswordResponse,
  AuthUserDeleteRequest,
  AuthUserDeleteResponse,
  AuthUserGetRequest,
  AuthUserGetResponse,
  AuthUserGrantRoleRequest,
  AuthUserGrantRoleResponse,
  AuthUserListRequest,
  AuthUserListResponse,
  AuthUserRevokeRoleRequest,
  AuthUserRevokeRoleResponse,
} from './gen/etcdserverpb/auth.ts'
export { Auth, authenticate } from './gen/etcdserverpb/auth-service.ts'
export {
  Member,
  MemberAddRequest,
  MemberAddResponse,
  MemberListRequest,
  MemberListResponse,
  MemberPromoteRequest,
  MemberPromoteResponse,
  MemberRemoveRequest,
  MemberRemoveResponse,
  MemberUpdateRequest,
  MemberUpdateResponse,
} from './gen/etcdserverpb/cluster.ts'
export { Cluster } from './gen/etcdserverpb/cluster-service.ts'
export { ResponseHeader } from './gen/etcdserverpb/header.ts'
export {
  CompactionRequest,
  CompactionResponse,
  Compare,
  CompareResult,
  CompareTarget,
  DeleteRangeRequest,
  DeleteRangeResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  RangeStreamResponse,
  RequestOp,
  ResponseOp,
  SortOrder,
  SortTarget,
  TxnRequest,
  TxnResponse,
} from './gen/etcdserverpb/kv.ts'
export { KV } from './gen/etcdserverpb/kv-service.ts'
export {
  LeaseCheckpoint,
  LeaseCheckpointRequest,
  LeaseCheckpointResponse,
  LeaseGrantRequest,
  LeaseGrantResponse,
  LeaseKeepAliveRequest,
  LeaseKeepAliveResponse,
  LeaseLeasesRequest,
  LeaseLeasesResponse,
  LeaseRevokeRequest,
  LeaseRevokeResponse,
  LeaseStatus,
  LeaseTimeToLiveRequest,
  LeaseTimeToLiveResponse,
} from './gen/etcdserverpb/lease.ts'
export { Lease } from './gen/etcdserverpb/lease-service.ts'
export {
  AlarmAction,
  AlarmMember,
  AlarmRequest,
  AlarmResponse,
  AlarmType,
  DefragmentRequest,
  DefragmentResponse,
  DowngradeAction,
  DowngradeInfo,
  DowngradeRequest,
  DowngradeResponse,
  DowngradeVersionTestRequest,
  HashKVRequest,
  HashKVResponse,
  HashRequest,
  HashResponse,
  MoveLeaderRequest,
  MoveLeaderResponse,
  SnapshotRequest,
  SnapshotResponse,
  StatusRequest,
  StatusResponse,
} from './gen/etcdserverpb/maintenance.ts'
export { Maintenance } from './gen/etcdserverpb/maintenance-service.ts'
export {
  FilterType,
  WatchCancelRequest,
  WatchCreateRequest,
  WatchProgressRequest,
  WatchRequest,
  WatchResponse,
} from './gen/etcdserverpb/watch.ts'
export { Watch } from './gen/etcdserverpb/watch-service.ts'
export { allMethods } from './gen/methods.ts'
export {
  Event,
  EventType,
  KeyValue,
} from './gen/mvccpb/kv.ts'
export {
  CampaignRequest,
  CampaignResponse,
  LeaderKey,
  LeaderRequest,
  LeaderResponse,
  ProclaimRequest,
  ProclaimResponse,
  ResignRequest,
  ResignResponse,
} from './gen/v3electionpb/election.ts'
export { Election } from './gen/v3electionpb/election-service.ts'
export {
  LockRequest,
  LockResponse,
  UnlockRequest,
  UnlockResponse,
} from './gen/v3lockpb/lock.ts'
export { Lock } from './gen/v3lockpb/lock-service.ts'
export { KeyValueView } from './key-value-view.ts'
export type {
  JsonObject,
  JsonReadOptions,
  JsonValue,
  MessageInit,
  MessageType,
} from './message.ts'
export type { Method, MethodKind, RetryClass, StreamMethod, UnaryMethod } from './method.ts'
export { type GrpcStatus, statusName, statusNumbers } from './status.ts'
export type { CallOptions, MessageStream, SetEndpointsOptions, Transport } from './transport.ts'
export { Reader } from './wire/reader.ts'
export { decodeUtf8, encodeUtf8 } from './wire/utf8.ts'
export { Writer } from './wire/writer.ts'
