// Leases of suites: bare ids, kept alive by nobody, for those that are about keys, and whether others are kept alive.

import { Lease } from '@etcdkit/protocol'
import type { Etcd } from 'etcdkit'
import { PollAbort, pollUntil } from '../../support/poll.ts'

const renewalDeadlineMs = 60_000

/** Grants a lease that outlives any test, and tells its id. */
export async function grantLease(etcd: Etcd): Promise<string> {
  const { ID } = await etcd.call(Lease.leaseGrant, { TTL: 600 })
  return ID
}

/** Revokes it. */
export async function revokeLease(etcd: Etcd, id: string): Promise<void> {
  await etcd.call(Lease.leaseRevoke, { ID: id })
}

/** Resolves when the time that a lease has left goes up: somebody has renewed it. Rejects when it has ended. */
export async function untilRenewed({ leases }: Pick<Etcd, 'leases'>, id: string): Promise<void> {
  let before = Number.POSITIVE_INFINITY
  const goesUp = async (): Promise<boolean> => {
    const left = await leases.timeToLive(id)
    if (left === undefined) throw new PollAbort(`lease ${id} has ended`)
    if (left.ttlSeconds > before) return true
    before = left.ttlSeconds
    return false
  }
  const every = { deadlineMs: renewalDeadlineMs, intervalMs: 50 }
  await pollUntil(goesUp, { what: `lease ${id} to be renewed`, ...every })
}
