// How to make and keep leases.

import type { LeaseRef } from '../kv-options.ts'
import { leaseIdOf } from '../kv-requests.ts'
import { assertInteger, assertOptions, type ReadOptions, readOptionNames } from '../options.ts'

/** How to make a lease. */
export interface LeaseOptions extends ReadOptions {
  /** Seconds the lease lives without being kept alive: 1 to 9,000,000,000. The server may raise it. */
  readonly ttlSeconds: number
  /** Id for the lease, a decimal string, not in use. Default: a random one. */
  readonly id?: string | undefined
}

/** How to ask what is left of a lease. */
export interface TimeToLiveOptions extends ReadOptions {
  /** Tell the keys attached to it as well. */
  readonly keys?: boolean | undefined
}

/** A lease was made. */
export interface LeaseGrant {
  readonly id: string
  /** Seconds the server gave it. */
  readonly ttlSeconds: number
}

/** What is left of a lease. */
export interface LeaseTimeToLive {
  readonly id: string
  /** Whole seconds left. */
  readonly ttlSeconds: number
  /** Seconds it was given. */
  readonly grantedTtlSeconds: number
  /** The keys attached to it, if asked for. Throws an `EtcdError` (`decode-failed`) if one is not UTF-8. */
  readonly keys: readonly string[]
  /** The keys attached to it, if asked for. */
  readonly keyBytes: readonly Uint8Array[]
}

/** Source: etcd `server/lease/lessor.go`, `MaxLeaseTTL`. */
const longestTtlSeconds = 9_000_000_000

const leaseNames = /* @__PURE__ */ readOptionNames('ttlSeconds', 'id')
const timeToLiveNames = /* @__PURE__ */ readOptionNames('keys')
const callNames = /* @__PURE__ */ readOptionNames()

export function assertLeaseOptions(options: LeaseOptions): void {
  assertOptions(options, leaseNames)
  const { ttlSeconds, id } = options
  if (ttlSeconds === undefined) throw new TypeError('ttlSeconds is a number, not undefined')
  assertInteger(ttlSeconds, 'ttlSeconds', 1)
  if (ttlSeconds > longestTtlSeconds) {
    throw new RangeError(`ttlSeconds is at most ${longestTtlSeconds}, not ${ttlSeconds}`)
  }
  if (id !== undefined) assertLeaseId(id)
}

export function assertTimeToLiveOptions(options: TimeToLiveOptions): void {
  assertOptions(options, timeToLiveNames)
}

export function assertCallOptions(options: ReadOptions): void {
  assertOptions(options, callNames)
}

/** The id of a lease that may exist. */
export function assertLeaseId(lease: LeaseRef): string {
  const id = leaseIdOf(lease)
  if (/^-?0+$/.test(id)) throw new TypeError('no lease has the id 0')
  return id
}
