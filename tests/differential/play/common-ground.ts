// Brings two servers to where a sequence can start: at the same revision, with no keys, leases or history.

import { KV, Lease } from '@etcdkit/protocol'
import { ask } from './ask.ts'
import type { Door } from './door.ts'
import { undoOperations } from './operators-ground.ts'
import { sentinelPut } from './watch-stream.ts'

/** Does that; resolves with the revision. Rejects when a server does not do as it is told. */
export async function prepare(doors: readonly [Door, Door]): Promise<number> {
  await undoOperations(doors)
  await Promise.all(doors.map(revokeLeases))
  const revisions = await Promise.all(doors.map(write))
  const newest = Math.max(...revisions)
  await Promise.all(doors.map((door, index) => writeUntil(door, revisions[index] ?? 0, newest)))
  await Promise.all(doors.map(deleteAll))
  // Again, so that it is always the same key that goes at the revision where a sequence starts.
  await Promise.all(doors.map(write))
  const bases = await Promise.all(doors.map(forgetAll))
  const [base = 0, other] = bases
  if (base !== other) throw new Error(`the servers are at revisions ${base} and ${other}`)
  return base
}

async function revokeLeases(door: Door): Promise<void> {
  const { leases } = await ask(door, Lease.leaseLeases, {})
  await Promise.all(leases.map(({ ID }) => ask(door, Lease.leaseRevoke, { ID })))
}

async function write(door: Door): Promise<number> {
  const { header } = await ask(door, KV.put, sentinelPut.request)
  return header?.revision ?? 0
}

async function writeUntil(door: Door, from: number, to: number): Promise<void> {
  for (let revision = from; revision < to; revision++) await write(door)
}

async function deleteAll(door: Door): Promise<number> {
  const first = Uint8Array.of(0)
  const { header } = await ask(door, KV.deleteRange, { key: first, rangeEnd: first })
  return header?.revision ?? 0
}

async function forgetAll(door: Door): Promise<number> {
  const revision = await deleteAll(door)
  await ask(door, KV.compact, { revision })
  return revision
}
