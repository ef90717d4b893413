// The part of the Auth service that sees to users and roles.

import { Auth, type ResponseHeader, type UnaryMethod } from '@etcdkit/protocol'
import { hashPassword, readHash } from './passwords.ts'
import { type CallContext, type Service, unary } from './service.ts'
import type { ServiceCore } from './service-core.ts'

/** What is answered where there is nothing to say. */
interface Done {
  readonly header: ResponseHeader | undefined
}

/** Users, roles, and who may do what. */
export function authManagement(core: ServiceCore): readonly Service[] {
  const { auth } = core.store
  const { directory } = auth
  const admin = adminServices(core)
  return [
    ...userServices(core),
    admin(Auth.userDelete, ({ name }) => auth.deleteUser(name)),
    admin(Auth.userGrantRole, ({ user, role }) => directory.grantRole(user, role)),
    admin(Auth.userRevokeRole, ({ name, role }) => auth.revokeRole(name, role)),
    admin(Auth.roleAdd, ({ name }) => directory.addRole(name)),
    admin(Auth.roleDelete, ({ role }) => auth.deleteRole(role)),
    admin(Auth.roleGrantPermission, ({ name, perm }) => directory.grantPermission(name, perm)),
    admin(Auth.roleRevokePermission, ({ role, key, rangeEnd }) =>
      directory.revokePermission(role, { key, rangeEnd }),
    ),
    ...listServices(core),
  ]
}

/** Makes a service that takes the role root, and has nothing to say. */
function adminServices(core: ServiceCore) {
  const { store } = core
  return <I extends object>(method: UnaryMethod<I, Done>, apply: (request: I) => void): Service =>
    unary(method, (request, context) => {
      store.auth.assertAdmin(context)
      core.raftIndex += 1
      apply(request)
      return { header: store.header() }
    })
}

/** Those that make something of a password. */
function userServices(core: ServiceCore): readonly Service[] {
  const { store } = core
  const { auth } = store
  const changed = (context: CallContext, change: () => void): Done => {
    // Asked after the password was hashed: meanwhile things may have changed.
    auth.assertAdmin(context)
    core.raftIndex += 1
    change()
    return { header: store.header() }
  }
  return [
    unary(Auth.userAdd, async ({ name, password, options }, context) => {
      auth.assertAdmin(context)
      const hash = options?.noPassword ? undefined : await hashPassword(password)
      return changed(context, () => auth.directory.addUser(name, hash))
    }),
    unary(Auth.userChangePassword, async ({ name, password, hashedPassword }, context) => {
      auth.assertAdmin(context)
      // As in etcd, nobody can log in with an empty password that was changed to.
      const hash = password === '' ? readHash(hashedPassword) : await hashPassword(password)
      return changed(context, () => auth.changePassword(name, hash))
    }),
  ]
}

/** Those that only tell. */
function listServices(core: ServiceCore): readonly Service[] {
  const { store } = core
  const { auth } = store
  const { directory } = auth
  return [
    unary(Auth.userGet, ({ name }, context) => {
      if (auth.enabled) {
        const user = auth.userOf(context)
        // Whoever asks for themselves.
        if (name !== (user ?? '')) auth.assertRoot(user)
      }
      core.raftIndex += 1
      return { header: store.header(), roles: directory.user(name).roles }
    }),
    unary(Auth.roleGet, ({ role }, context) => {
      if (auth.enabled) {
        const user = auth.userOf(context)
        if (!directory.hasRole(user ?? '', role)) auth.assertRoot(user)
      }
      core.raftIndex += 1
      return { header: store.header(), perm: directory.role(role) }
    }),
    unary(Auth.userList, (_, context) => {
      auth.assertAdmin(context)
      core.raftIndex += 1
      return { header: store.header(), users: directory.users.map(({ name }) => name) }
    }),
    unary(Auth.roleList, (_, context) => {
      auth.assertAdmin(context)
      core.raftIndex += 1
      return { header: store.header(), roles: directory.roles }
    }),
  ]
}
