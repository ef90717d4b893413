// The Auth service: whether auth is on, and how a client comes to a token. Users and roles: `auth-management.ts`.

import { randomInt } from 'node:crypto'
import { Auth, type AuthenticateRequest } from '@etcdkit/protocol'
import { authManagement } from './auth-management.ts'
import { isPassword } from './passwords.ts'
import { type Service, unary } from './service.ts'
import type { ServiceCore } from './service-core.ts'
import { refusal } from './status.ts'

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
const tokenLetters = 16

/** Every method of the service. */
export function authServices(core: ServiceCore): readonly Service[] {
  const { store } = core
  const { auth } = store
  return [
    unary(Auth.authEnable, (_, context) => {
      auth.assertAdmin(context)
      core.raftIndex += 1
      auth.enable()
      return { header: store.header() }
    }),
    unary(Auth.authDisable, (_, context) => {
      auth.assertAdmin(context)
      core.raftIndex += 1
      auth.disable()
      return { header: store.header() }
    }),
    // To be had without a token: what to do with one may depend on it. Only a bad one is refused, as ever.
    unary(Auth.authStatus, (_, context) => {
      auth.userOf(context)
      core.raftIndex += 1
      const { revision: authRevision } = auth.directory
      return { header: store.header(), enabled: auth.enabled, authRevision }
    }),
    unary(Auth.authenticate, async (request) => {
      const token = await authenticate(core, request)
      return { header: store.header(), token }
    }),
    ...authManagement(core),
  ]
}

/** Throws `auth-not-enabled`, `auth-failed`, `no-password-user`. Source: etcd `server/etcdserver/v3_server.go`, Authenticate. */
async function authenticate(
  core: ServiceCore,
  { name, password }: AuthenticateRequest,
): Promise<string> {
  const { auth } = core.store
  for (;;) {
    if (!auth.enabled) throw refusal('auth-not-enabled')
    const user = auth.directory.findUser(name)
    if (user === undefined) throw refusal('auth-failed')
    if (user.passwordHash === undefined) throw refusal('no-password-user')
    const { revision } = auth.directory
    if (!(await isPassword(password, user.passwordHash))) throw refusal('auth-failed')
    // It may be another's password by now.
    if (revision !== auth.directory.revision) continue
    core.raftIndex += 1
    const token = `${randomLetters()}.${core.raftIndex}`
    auth.assignToken(token, name)
    return token
  }
}

function randomLetters(): string {
  return Array.from({ length: tokenLetters }, () => letters[randomInt(letters.length)]).join('')
}
