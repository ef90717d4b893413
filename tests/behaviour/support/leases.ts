// Leases for suites that are about keys: bare ids, kept alive by nobody.

import { Lease } from '@etcdkit/protocol'
import type { Etcd } from 'etcdkit'

/** Grants a lease that outlives any test, and tells its id. */
export async function grantLease(etcd: Etcd): Promise<string> {
  const { ID } = await etcd.call(Lease.leaseGrant, { TTL: 600 })
  return ID
}

/** Revokes it. */
export async function revokeLease(etcd: Etcd, id: string): Promise<void> {
  await etcd.call(Lease.leaseRevoke, { ID: id })
}
