// Who may do what: turning auth on and off. Users and roles have doors of their own here.

import { Auth as AuthService, type Transport } from '@etcdkit/protocol'
import { onlyReads } from '../call-defaults.ts'
import type { ReadOptions, WriteOptions } from '../options.ts'
import {
  assertName,
  assertText,
  callService,
  describeName,
  nothing,
  readNames,
  writeNames,
} from '../service-call.ts'
import { Roles } from './roles.ts'
import { Users } from './users.ts'

/** Whether auth is on. */
export interface AuthStatus {
  readonly enabled: boolean
  /** Counts the changes to users, roles and permissions. */
  readonly authRevision: number
}

/**
 * Authentication and authorization of a cluster.
 *
 * @example
 * ```ts
 * import { Etcd } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * await etcd.auth.users.add('root', { password: 'secret' })
 * await etcd.auth.users.grantRole('root', 'root')
 * await etcd.auth.enable()
 *
 * await using root = new Etcd({ auth: { username: 'root', password: 'secret' } })
 * console.log(await root.auth.status())
 * ```
 */
export class Auth {
  readonly #transport: Transport
  /** The users. */
  readonly users: Users
  /** The roles and their permissions. */
  readonly roles: Roles

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport
    this.users = new Users(transport)
    this.roles = new Roles(transport)
  }

  /**
   * Turns auth on: from now on every call needs a user. Rejects with `root-user-not-found` or `root-role-not-granted`
   * unless there is a user `root` with the role `root`. A client without credentials is locked out by it.
   */
  enable(options?: WriteOptions): Promise<void> {
    return callService(this.#transport, AuthService.authEnable, {
      action: 'enable auth',
      options,
      names: writeNames,
      request: () => ({}),
      result: nothing,
    })
  }

  /** Turns auth off. Users and roles stay. */
  disable(options?: WriteOptions): Promise<void> {
    return callService(this.#transport, AuthService.authDisable, {
      action: 'disable auth',
      options,
      names: writeNames,
      request: () => ({}),
      result: nothing,
    })
  }

  /** Tells whether auth is on. Servers before 3.5 reject with `unimplemented`; 3.5 lets only `root` ask while it is. */
  status(options?: ReadOptions): Promise<AuthStatus> {
    return callService(this.#transport, AuthService.authStatus, {
      action: 'tell the status of auth',
      options,
      names: readNames,
      defaults: onlyReads,
      request: () => ({}),
      result: ({ enabled, authRevision }) => ({ enabled, authRevision }),
    })
  }

  /**
   * A token for a user, for use elsewhere: as `auth: { token }` of another client, or as the `Authorization` header of
   * etcd's gateway. Rejects with `auth-failed`, or with `auth-not-enabled` while auth is off.
   */
  authenticate(username: string, password: string, options?: ReadOptions): Promise<string> {
    return callService(this.#transport, AuthService.authenticate, {
      action: `authenticate user ${describeName(username)}`,
      options,
      names: readNames,
      // A token too many does no harm.
      defaults: onlyReads,
      request: () => {
        assertName(username, 'the user name')
        assertText(password, 'the password')
        return { name: username, password }
      },
      result: ({ token }) => token,
    })
  }
}
