// What a sequence is made of: requests of KV, Lease, Maintenance and Watch, with revisions that are still to be told.

import {
  KV,
  Lease,
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
} as const

/** The name of a call. */
export type CallName = keyof typeof calls

type RequestOf<N extends CallName> =
  (typeof calls)[N] extends UnaryMethod<infer I, infer _O> ? I : never

/** A call, its method told by name. */
export type Call = {
  readonly [N in CallName]: {
    readonly kind: 'call'
    readonly name: N
    readonly request: Planned<RequestOf<N>>
  }
}[CallName]

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
