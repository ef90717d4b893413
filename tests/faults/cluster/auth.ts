// The users of a cluster: one who may do everything, and one who may read and write every key.

import { Auth, PermissionType } from '@etcdkit/protocol'
import type { Etcd } from 'etcdkit'

/** Looks after the cluster. */
export const rootUser = { username: 'root', password: 'the root password' } as const

/** Whom the workloads work as. */
export const workingUser = { username: 'worker', password: 'the worker password' } as const

/** Makes the users and turns auth on, by a client that is nobody: it is of no use afterwards. */
export async function enableAuth(nobody: Etcd): Promise<void> {
  const allKeys = { key: new Uint8Array(1), rangeEnd: new Uint8Array(1) }
  const perm = { permType: PermissionType.READWRITE, ...allKeys }
  await nobody.call(Auth.userAdd, { name: rootUser.username, password: rootUser.password })
  await nobody.call(Auth.userGrantRole, { user: rootUser.username, role: 'root' })
  await nobody.call(Auth.roleAdd, { name: 'everything' })
  await nobody.call(Auth.roleGrantPermission, { name: 'everything', perm })
  await nobody.call(Auth.userAdd, { name: workingUser.username, password: workingUser.password })
  await nobody.call(Auth.userGrantRole, { user: workingUser.username, role: 'everything' })
  await nobody.call(Auth.authEnable, {})
}
