// What is in a snapshot: the buckets of etcd's database, as etcd 3.5 and later write and restore them.

import { AlarmMember, Role, User } from '@etcdkit/protocol'
import { storedRevision } from '../../store/stored-version.ts'
import type { ServiceCore } from '../service-core.ts'
import { clusterVersion } from '../version.ts'
import { type Bucket, writeBoltFile } from './bolt-file.ts'
import type { Entry } from './bolt-node.ts'

/**
 * The database as a file.
 *
 * A real etcd that is restored from it has the same keys, revisions, leases, users and roles. Passwords alone do not come
 * along: here they are not hashed as etcd does it, so that they have to be set anew (root's with auth off).
 * Source: etcd `server/storage/schema`.
 */
export function writeSnapshot(core: ServiceCore): Uint8Array {
  const { store } = core
  return writeBoltFile([
    { name: 'key', entries: store.storedVersions() },
    { name: 'lease', entries: leaseEntries(core) },
    { name: 'meta', entries: metaEntries(core) },
    { name: 'alarm', entries: alarmEntries(core) },
    { name: 'cluster', entries: [{ key: utf8('clusterVersion'), value: utf8(clusterVersion) }] },
    { name: 'members', entries: memberEntries(core) },
    { name: 'members_removed', entries: [] },
    ...authBuckets(core),
  ])
}

function metaEntries(core: ServiceCore): Entry[] {
  const { compactRevision } = core.store
  const confState = JSON.stringify({ voters: [], auto_leave: false }).replace(
    '[]',
    `[${core.member.memberId}]`,
  )
  const entries = [
    { key: utf8('confState'), value: utf8(confState) },
    { key: utf8('consistent_index'), value: uint64(core.raftIndex) },
    { key: utf8('term'), value: uint64(core.raftTerm) },
  ]
  if (compactRevision > 0) {
    const value = storedRevision(compactRevision, 0)
    entries.push({ key: utf8('finishedCompactRev'), value })
    entries.push({ key: utf8('scheduledCompactRev'), value })
  }
  return inOrder(entries)
}

function leaseEntries({ store }: ServiceCore): Entry[] {
  const entries = store.grantedLeases().map(({ id, ttlSeconds }) => {
    const number = BigInt.asUintN(64, BigInt(id))
    return { key: uint64(number), value: leaseMessage(number, ttlSeconds) }
  })
  return inOrder(entries)
}

/** leasepb.Lease: its id and its time to live. */
function leaseMessage(id: bigint, ttlSeconds: number): Uint8Array {
  return Uint8Array.of(0x08, ...varint(id), 0x10, ...varint(BigInt(ttlSeconds)))
}

function alarmEntries({ store }: ServiceCore): Entry[] {
  return inOrder(store.alarms.map((alarm) => ({ key: AlarmMember.encode(alarm), value: noBytes })))
}

function memberEntries({ membership }: ServiceCore): Entry[] {
  const entries = membership.members.map(({ ID, name, peerURLs, clientURLs, isLearner }) => {
    // The id is a number there, and too large for one here.
    const fields = JSON.stringify({ peerURLs, isLearner: isLearner || undefined, name, clientURLs })
    return { key: utf8(BigInt(ID).toString(16)), value: utf8(`{"id":${ID},${fields.slice(1)}`) }
  })
  return inOrder(entries)
}

function authBuckets({ store }: ServiceCore): Bucket[] {
  const { auth } = store
  const { directory } = auth
  const users = directory.users.map(({ name, passwordHash, roles }) => {
    const options = { noPassword: passwordHash === undefined }
    const message = { name: utf8(name), password: passwordHash ?? noBytes, roles, options }
    return { key: utf8(name), value: User.encode(message) }
  })
  const roles = directory.roles.map((name) => {
    const message = { name: utf8(name), keyPermission: directory.role(name) }
    return { key: utf8(name), value: Role.encode(message) }
  })
  const state = [
    { key: utf8('authEnabled'), value: Uint8Array.of(auth.enabled ? 1 : 0) },
    { key: utf8('authRevision'), value: uint64(directory.revision) },
  ]
  return [
    { name: 'auth', entries: state },
    { name: 'authUsers', entries: users },
    { name: 'authRoles', entries: roles },
  ]
}

const noBytes = new Uint8Array(0)

function inOrder(entries: readonly Entry[]): Entry[] {
  return [...entries].sort((a, b) => Buffer.compare(a.key, b.key))
}

function utf8(text: string): Uint8Array {
  return Buffer.from(text)
}

function uint64(value: number | bigint): Uint8Array {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}

function varint(value: bigint): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  return [...bytes, Number(rest)]
}
