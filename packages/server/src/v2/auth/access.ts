// Who asks, and whether they may: by Basic auth, or as a guest.

import type { Exchange } from '../../http/exchange.ts'
import { unlessMissing } from './auth-error.ts'
import type { AuthStore } from './auth-store.ts'
import { allows } from './permissions.ts'
import { guestRole, rootRole } from './role.ts'
import { isPassword, type User } from './user.ts'

/** Whether requests may do what they ask. Source: etcd `etcdserver/api/v2http/client_auth.go`. */
export class KeyAccess {
  readonly #auth: AuthStore

  constructor(auth: AuthStore) {
    this.#auth = auth
  }

  /** Whether a request may use a key, and all below it where it is recursive. */
  mayUseKey(exchange: Exchange, key: string, recursive: boolean): boolean {
    if (!this.#auth.isEnabled) return true
    const write = exchange.method !== 'GET' && exchange.method !== 'HEAD'
    const asked = { key: Buffer.from(key, 'latin1').toString(), write, recursive }
    const user = this.#userOf(exchange)
    if (user === 'guest') {
      // A guest's recursive request is held against the rules of a plain one.
      const guest = { ...asked, recursive: false }
      return this.#permits([guestRole.role], guest)
    }
    return user !== undefined && this.#permits(user.roles ?? [], asked)
  }

  /** Whether a request may change users, roles and members. */
  isRoot(exchange: Exchange): boolean {
    if (!this.#auth.isEnabled) return true
    const user = this.#userOf(exchange)
    return user !== undefined && user !== 'guest' && (user.roles ?? []).includes(rootRole.role)
  }

  #permits(roles: readonly string[], asked: Parameters<typeof allows>[1]): boolean {
    return roles.some((name) => {
      const role = unlessMissing(() => this.#auth.role(name))
      if (role === undefined) return false
      return role.role === rootRole.role || allows(role.permissions, asked)
    })
  }

  /** `undefined` if a request says who asks, and that is not so. */
  #userOf(exchange: Exchange): User | 'guest' | undefined {
    const authorization = exchange.header('authorization') ?? ''
    return authorization === '' ? 'guest' : this.#userOfPassword(authorization)
  }

  #userOfPassword(authorization: string): User | undefined {
    const encoded = /^basic ([A-Za-z0-9+/]*={0,2})$/i.exec(authorization)?.[1]
    const credentials = Buffer.from(encoded ?? '', 'base64').toString()
    const colon = credentials.indexOf(':')
    if (encoded === undefined || encoded.length % 4 !== 0 || colon === -1) return undefined
    const user = unlessMissing(() => this.#auth.user(credentials.slice(0, colon)))
    return user && isPassword(user, credentials.slice(colon + 1)) ? user : undefined
  }
}
