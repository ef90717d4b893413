// What the verbs on users, members and alarms take and answer, by type. Compiled, never run.

import {
  type Etcd,
  type Key,
  type KeyRange,
  type PermissionType,
  prefix,
  type ServerLeadership,
  saveSnapshot,
} from 'etcdkit'
import { type Equal, expectTrue } from './equal.ts'

export async function authTypes({ auth }: Etcd): Promise<void> {
  await auth.users.add('a', { password: 'b' })
  await auth.users.add('a', { noPassword: true, timeoutMs: 5 })
  // @ts-expect-error A user has a password, or is said to have none.
  await auth.users.add('a')
  // @ts-expect-error Nor will other options do.
  await auth.users.add('a', { timeoutMs: 5 })
  // @ts-expect-error Not both.
  await auth.users.add('a', { password: 'b', noPassword: true })
  await auth.roles.grantPermission('a', 'readwrite', prefix('b/'))
  // @ts-expect-error There is no such permission.
  await auth.roles.grantPermission('a', 'all', 'b')
  // @ts-expect-error What only reads is not to be repeated on demand.
  await auth.users.list({ repeatable: true })
  const { permissions } = await auth.roles.get('a')
  const [first] = permissions
  if (first === undefined) return
  expectTrue<Equal<typeof first.type, PermissionType>>()
  expectTrue<Equal<typeof first.target, Key | KeyRange>>()
  await auth.roles.revokePermission('a', first.target)
}

export async function memberTypes({ cluster, maintenance }: Etcd): Promise<void> {
  const { member } = await cluster.addLearner(['http://a:2380'])
  expectTrue<Equal<typeof member.id, string>>()
  await cluster.promote(member)
  await cluster.remove(member.id)
  // @ts-expect-error Ids do not fit into a number.
  await cluster.remove(7)
  // @ts-expect-error A member has several URLs.
  await cluster.add('http://a:2380')
  const { leader, dbSizeQuotaBytes } = await maintenance.status({ endpoint: 'http://a:2379' })
  expectTrue<Equal<typeof leader, string | undefined>>()
  expectTrue<Equal<typeof dbSizeQuotaBytes, number | undefined>>()
  await maintenance.alarms.disarm({ kind: 'no-space', member })
  await maintenance.alarms.disarm({ kind: 'alarm-7', member: '7' })
  // @ts-expect-error There is no such alarm.
  await maintenance.alarms.disarm({ kind: 'NOSPACE', member })
  // @ts-expect-error A hash of keys is at a revision, and of the whole database is not.
  await maintenance.hash({ revision: 1 })
}

export async function otherTypes(etcd: Etcd): Promise<void> {
  for await (const piece of etcd.maintenance.snapshot())
    expectTrue<Equal<typeof piece, Uint8Array>>()
  await saveSnapshot(etcd, 'a.db', { onProgress: ({ remainingBytes = 0 }) => remainingBytes + 1 })
  const leadership: ServerLeadership = await etcd.electionService.campaign('a', 'b')
  await etcd.electionService.proclaim(leadership, new Uint8Array(1))
  // @ts-expect-error A lock is none.
  await etcd.electionService.resign(await etcd.lockService.lock('a'))
  // @ts-expect-error An observation has no limit in time.
  etcd.electionService.observe('a', { timeoutMs: 5 })
}
