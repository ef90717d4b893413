// The calls about one lease, or all, by id.

import { EtcdError, Lease as LeaseService, type LeaseTimeToLiveResponse } from '@etcdkit/protocol'
import { decodeKey } from '../entry.ts'
import { failure, inputFailure } from '../failure.ts'
import type { LeaseRef } from '../kv-options.ts'
import type { ReadOptions } from '../options.ts'
import { Attempts } from './attempts.ts'
import type { Granted } from './grant.ts'
import { renewOnce } from './keep-alive-once.ts'
import type { LeaseContext } from './lease-context.ts'
import {
  assertCallOptions,
  assertLeaseId,
  assertTimeToLiveOptions,
  type LeaseTimeToLive,
  type TimeToLiveOptions,
} from './lease-options.ts'

/** Ends a lease; its keys are deleted. Rejects with `lease-not-found` if there is none. */
export function revokeLease(
  context: LeaseContext,
  lease: LeaseRef,
  options: ReadOptions = {},
): Promise<void> {
  const check = (): void => assertCallOptions(options)
  return withLease('revoke', lease, check, async (ID) => {
    const attempts = new Attempts(context, options)
    try {
      await attempts.send(LeaseService.leaseRevoke, { ID })
    } catch (error) {
      const isGone = error instanceof EtcdError && error.code === 'lease-not-found'
      // An attempt whose answer was lost has revoked it.
      if (!isGone || attempts.lostAt === undefined) throw error
    }
  })
}

/** What is left of a lease; `undefined` if there is none. */
export function timeToLive(
  context: LeaseContext,
  lease: LeaseRef,
  options: TimeToLiveOptions = {},
): Promise<LeaseTimeToLive | undefined> {
  const check = (): void => assertTimeToLiveOptions(options)
  return withLease('tell what is left of', lease, check, async (ID) => {
    const request = { ID, keys: options.keys }
    const response = await context.transport.unary(LeaseService.leaseTimeToLive, request, options)
    return response.TTL < 0 ? undefined : remaining(response)
  })
}

/** Renews a lease. Rejects with `lease-not-found` if there is none. */
export function keepAliveOnce(
  context: LeaseContext,
  lease: LeaseRef,
  options: ReadOptions = {},
): Promise<Granted> {
  const check = (): void => assertCallOptions(options)
  return withLease('renew', lease, check, (id) => renewOnce(context, id, options))
}

/** The ids of all leases, the one with the least time left first. */
export async function listLeases(
  { transport }: LeaseContext,
  options: ReadOptions = {},
): Promise<string[]> {
  try {
    assertCallOptions(options)
  } catch (error) {
    throw inputFailure('list the leases', error)
  }
  try {
    const { leases } = await transport.unary(LeaseService.leaseLeases, {}, options)
    return leases.map(({ ID }) => ID)
  } catch (error) {
    throw failure('list the leases', error)
  }
}

// Checks what is given before anything is sent, and puts the action before whatever goes wrong.
async function withLease<T>(
  verb: string,
  lease: LeaseRef,
  check: () => void,
  call: (id: string) => Promise<T>,
): Promise<T> {
  let id: string
  try {
    id = assertLeaseId(lease)
    check()
  } catch (error) {
    throw inputFailure(`${verb} a lease`, error)
  }
  try {
    return await call(id)
  } catch (error) {
    throw failure(`${verb} lease ${id}`, error)
  }
}

function remaining({ ID, TTL, grantedTTL, keys }: LeaseTimeToLiveResponse): LeaseTimeToLive {
  return {
    id: ID,
    ttlSeconds: TTL,
    grantedTtlSeconds: grantedTTL,
    get keys(): readonly string[] {
      return keys.map(decodeKey)
    },
    keyBytes: keys,
  }
}
