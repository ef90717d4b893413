// The Auth service of a server that has no users: what a client's start-up asks of it.

import { Auth } from '@etcdkit/protocol'
import { type Service, unary } from './service.ts'
import type { ServiceCore } from './service-core.ts'
import { refusal } from './status.ts'

/** A new auth store has revision 1. */
const authRevision = 1

/** Authenticate, AuthStatus. */
export function authServices(core: ServiceCore): readonly Service[] {
  return [
    unary(Auth.authenticate, () => {
      throw refusal('auth-not-enabled')
    }),
    unary(Auth.authStatus, () => ({
      header: core.store.header(),
      enabled: false,
      authRevision,
    })),
  ]
}
