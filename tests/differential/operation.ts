// What a sequence is made of: requests, with revisions that are still to be told, and whom they are from.

import {
  Auth,
  Cluster,
  Election,
  KV,
  Lease,
  Lock,
  Maintenance,
  type MessageInit,
  type UnaryMethod,
  type WatchCreateRequest,
} from '@etcdkit/protocol'

/** A revision that depends on where the sequence starts, or on how far it has come. */
export interface Moment {
  readonly from: 'base' | 'now'
  readonly offset: number
}

/** A message whose numbers may be moments. */
export type Planned<T> = T extends Uint8Array | string | boolean
  ? T
  : T extends number
    ? T | Moment
    : T extends readonly (infer U)[]
      ? readonly Planned<U>[]
      : T extends object
        ? { readonly [K in keyof T]?: Planned<T[K]> | undefined }
        : T

/** The calls of sequences, by the name they have in the method table's objects. */
export const calls = {
  'KV.put': KV.put,
  'KV.range': KV.range,
  'KV.deleteRange': KV.deleteRange,
  'KV.txn': KV.txn,
  'KV.compact': KV.compact,
  'Lease.leaseGrant': Lease.leaseGrant,
  'Lease.leaseRevoke': Lease.leaseRevoke,
  'Lease.leaseTimeToLive': Lease.leaseTimeToLive,
  'Lease.leaseLeases': Lease.leaseLeases,
  'Maintenance.hashKV': Maintenance.hashKV,
  'Maintenance.alarm': Maintenance.alarm,
  'Maintenance.status': Maintenance.status,
  'Maintenance.defragment': Maintenance.defragment,
  'Maintenance.moveLeader': Maintenance.moveLeader,
  'Maintenance.downgrade': Maintenance.downgrade,
  'Cluster.memberList': Cluster.memberList,
  'Cluster.memberAdd': Cluster.memberAdd,
  'Cluster.memberRemove': Cluster.memberRemove,
  'Cluster.memberUpdate': Cluster.memberUpdate,
  'Cluster.memberPromote': Cluster.memberPromote,
  'Auth.authEnable': Auth.authEnable,
  'Auth.authDisable': Auth.authDisable,
  'Auth.authStatus': Auth.authStatus,
  'Auth.authenticate': Auth.authenticate,
  'Auth.userAdd': Auth.userAdd,
  'Auth.userGet': Auth.userGet,
  'Auth.userList': Auth.userList,
  'Auth.userDelete': Auth.userDelete,
  'Auth.userChangePassword': Auth.userChangePassword,
  'Auth.userGrantRole': Auth.userGrantRole,
  'Auth.userRevokeRole': Auth.userRevokeRole,
  'Auth.roleAdd': Auth.roleAdd,
  'Auth.roleGet': Auth.roleGet,
  'Auth.roleList': Auth.roleList,
  'Auth.roleDelete': Auth.roleDelete,
  'Auth.roleGrantPermission': Auth.roleGrantPermission,
  'Auth.roleRevokePermission': Auth.roleRevokePermission,
  'Lock.lock': Lock.lock,
  'Lock.unlock': Lock.unlock,
  'Election.campaign': Election.campaign,
  'Election.proclaim': Election.proclaim,
  'Election.leader': Election.leader,
  'Election.resign': Election.resign,
} as const

/** The name of a call. */
export type CallName = keyof typeof calls

type RequestOf<N extends CallName> =
  (typeof calls)[N] extends UnaryMethod<infer I, infer _O> ? I : never

/** The request of a call of that name. */
export type RequestPlan<N extends CallName> = Planned<RequestOf<N>>

/** A user of the servers, who may have a token by now or not; nobody shows none. */
export type User = string | undefined

/** A call, its method told by name. */
export type Call = {
  readonly [N in CallName]: {
    readonly kind: 'call'
    readonly name: N
    readonly request: RequestPlan<N>
    readonly user?: User
  }
}[CallName]

/** A call of that name: a name and its request make one, which the compiler does not see for a name that is open. */
export function callOf<N extends CallName>(
  name: N,
  request: RequestPlan<N>,
  user?: User,
): Operation {
  return { kind: 'call', name, request, user } as Operation
}

/** Something a client does. Watch streams are opened when they are first used. */
export type Operation =
  | Call
  | { readonly kind: 'keep-alive'; readonly id: string }
  | {
      readonly kind: 'watch'
      readonly stream: number
      readonly request: Planned<WatchCreateRequest>
    }
  | { readonly kind: 'cancel'; readonly stream: number; readonly watchId: number }
  | { readonly kind: 'progress'; readonly stream: number }
  | { readonly kind: 'half-close'; readonly stream: number }
  /** A watch on a stream of its own, of which only the answer to its creation counts. */
  | { readonly kind: 'peek'; readonly request: Planned<WatchCreateRequest>; readonly user: User }
  /** A lease renewed on a stream of its own. */
  | { readonly kind: 'renew'; readonly id: string; readonly user: User }

/** Where moments are counted from. */
export interface Moments {
  readonly base: number
  readonly now: number
}

/** The message, its moments told. */
export function resolve<T>(planned: Planned<T>, moments: Moments): MessageInit<T> {
  // What is planned has the shape of the message, moments apart, and those become numbers.
  return resolveValue(planned, moments) as MessageInit<T>
}

function resolveValue(value: unknown, moments: Moments): unknown {
  if (Array.isArray(value)) return value.map((each) => resolveValue(each, moments))
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  if (isMoment(value)) return moments[value.from] + value.offset
  const fields = Object.entries(value).filter(([, field]) => field !== undefined)
  return Object.fromEntries(fields.map(([name, field]) => [name, resolveValue(field, moments)]))
}

function isMoment(value: object): value is Moment {
  return 'from' in value && 'offset' in value
}
