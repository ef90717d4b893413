// Sequences about locks and elections, none of which has to wait: each name is claimed with one lease.

import { encodeUtf8 } from '@etcdkit/protocol'
import fc from 'fast-check'
import { callOf, type Operation } from '../operation.ts'
import { leaseIds, mostly, recentRevision } from './basics.ts'
import { rowOf } from './rows.ts'

interface Claim {
  readonly name: Uint8Array
  readonly lease: string
  /** The key that is claimed. */
  readonly key: Uint8Array
}

const names = ['l', 'm', '']

const claims: readonly Claim[] = names.map((name, index) => {
  const lease = leaseIds[index % leaseIds.length] ?? '1'
  const key = encodeUtf8(`${name}/${BigInt(lease).toString(16)}`)
  return { name: encodeUtf8(name), lease, key }
})

const claim = fc.constantFrom(...claims)
/** One with a lease that nobody grants. */
const maybeClaim = mostly(claim, fc.constant({ ...claims[0], lease: '404' } as Claim), 8)
const value = fc.constantFrom('x', 'y', '').map(encodeUtf8)

const leaderKey = fc
  .tuple(maybeClaim, mostly(recentRevision, fc.constantFrom(0, 1), 4))
  .map(([{ name, key, lease }, rev]) => ({ name, key, rev, lease }))
const maybeLeader = mostly<object, undefined>(leaderKey, fc.constant(undefined), 8)

const body = fc.oneof(
  rowOf(
    5,
    'Lock.lock',
    maybeClaim.map(({ name, lease }) => ({ name, lease })),
  ),
  rowOf(
    3,
    'Lock.unlock',
    mostly(
      claim.map(({ key }) => ({ key })),
      fc.constant({ key: new Uint8Array(0) }),
    ),
  ),
  rowOf(
    5,
    'Election.campaign',
    fc.tuple(maybeClaim, value).map(([{ name, lease }, said]) => ({ name, lease, value: said })),
  ),
  rowOf(
    4,
    'Election.proclaim',
    fc.tuple(maybeLeader, value).map(([leader, said]) => ({ leader, value: said })),
  ),
  rowOf(
    3,
    'Election.resign',
    maybeLeader.map((leader) => ({ leader })),
  ),
  rowOf(
    3,
    'Election.leader',
    claim.map(({ name }) => ({ name })),
  ),
  rowOf(
    1,
    'Lease.leaseRevoke',
    claim.map(({ lease }) => ({ ID: lease })),
  ),
  rowOf(
    1,
    'Lease.leaseGrant',
    claim.map(({ lease }) => ({ ID: lease, TTL: 100 })),
  ),
  rowOf(2, 'KV.range', fc.constant({ key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) })),
  rowOf(
    1,
    'KV.put',
    claim.map(({ key, lease }) => ({ key, lease })),
  ),
)

/** All of it, with the leases that it takes. */
export const claimSequences: fc.Arbitrary<Operation[]> = fc
  .array(body, { minLength: 4, maxLength: 16, size: 'max' })
  .map((operations) => [
    ...claims.map(({ lease }) => callOf('Lease.leaseGrant', { ID: lease, TTL: 100 })),
    ...operations,
  ])
