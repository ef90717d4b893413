// The verbs on users.

import { Auth, type Transport } from '@etcdkit/protocol'
import { typeName } from '../key.ts'
import { assertBoolean, type ReadOptions, type WriteOptions, writeOptionNames } from '../options.ts'
import {
  assertName,
  assertText,
  callService,
  describeName,
  nothing,
  readNames,
  writeNames,
} from '../service-call.ts'

/** How a user signs in: with a password, or by a client certificate whose common name is the user's. */
export type UserAddOptions = WriteOptions &
  (
    | {
        /** What the user signs in with. Empty, it is a password all the same. */
        readonly password: string
        readonly noPassword?: false | undefined
      }
    | {
        /** The user has no password and signs in by certificate only. */
        readonly noPassword: true
        readonly password?: undefined
      }
  )

/** A user. */
export interface User {
  readonly name: string
  /** Names of the roles granted. */
  readonly roles: readonly string[]
}

const addNames = /* @__PURE__ */ writeOptionNames('password', 'noPassword')

/**
 * The users. All but `get` of oneself is for those with the role `root`, once auth is on.
 *
 * @example
 * ```ts
 * import { Etcd } from 'etcdkit'
 *
 * await using etcd = new Etcd({ auth: { username: 'root', password: 'secret' } })
 * await etcd.auth.users.add('web', { password: 'another secret' })
 * await etcd.auth.users.grantRole('web', 'reader')
 * ```
 */
export class Users {
  readonly #transport: Transport

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** Adds a user without roles. Rejects with `user-exists` if there is one of the name. */
  add(name: string, options: UserAddOptions): Promise<void> {
    return callService(this.#transport, Auth.userAdd, {
      action: `add user ${describeName(name)}`,
      options,
      names: addNames,
      request: () => {
        assertName(name, 'the user name')
        return { name, ...signIn(options) }
      },
      result: nothing,
    })
  }

  /** Deletes a user; the tokens of the user are void at once. Rejects with `user-not-found` if there is none. */
  delete(name: string, options?: WriteOptions): Promise<void> {
    return callService(this.#transport, Auth.userDelete, {
      action: `delete user ${describeName(name)}`,
      options,
      names: writeNames,
      request: () => {
        assertName(name, 'the user name')
        return { name }
      },
      result: nothing,
    })
  }

  /** Tells of a user. Rejects with `user-not-found` if there is none. */
  get(name: string, options?: ReadOptions): Promise<User> {
    return callService(this.#transport, Auth.userGet, {
      action: `get user ${describeName(name)}`,
      options,
      names: readNames,
      request: () => {
        assertName(name, 'the user name')
        return { name }
      },
      result: ({ roles }) => ({ name, roles }),
    })
  }

  /** The names of all users. */
  list(options?: ReadOptions): Promise<readonly string[]> {
    return callService(this.#transport, Auth.userList, {
      action: 'list the users',
      options,
      names: readNames,
      request: () => ({}),
      result: ({ users }) => users,
    })
  }

  /**
   * Gives a user another password; the tokens of the user are void at once. Not an empty one: etcd 3.5 takes that for no
   * change that anybody could sign in with.
   */
  changePassword(name: string, password: string, options?: WriteOptions): Promise<void> {
    return callService(this.#transport, Auth.userChangePassword, {
      action: `change the password of user ${describeName(name)}`,
      options,
      names: writeNames,
      request: () => {
        assertName(name, 'the user name')
        assertName(password, 'the password')
        return { name, password }
      },
      result: nothing,
    })
  }

  /** Gives a user a role; one that the user has is fine. */
  grantRole(user: string, role: string, options?: WriteOptions): Promise<void> {
    return callService(this.#transport, Auth.userGrantRole, {
      action: `grant role ${describeName(role)} to user ${describeName(user)}`,
      options,
      names: writeNames,
      request: () => {
        assertName(user, 'the user name')
        assertName(role, 'the role name')
        return { user, role }
      },
      result: nothing,
    })
  }

  /** Takes a role from a user. Rejects with `role-not-granted` if the user does not have it. */
  revokeRole(user: string, role: string, options?: WriteOptions): Promise<void> {
    return callService(this.#transport, Auth.userRevokeRole, {
      action: `revoke role ${describeName(role)} from user ${describeName(user)}`,
      options,
      names: writeNames,
      request: () => {
        assertName(user, 'the user name')
        assertName(role, 'the role name')
        return { name: user, role }
      },
      result: nothing,
    })
  }
}

function signIn(options: UserAddOptions | undefined): {
  readonly password?: string
  readonly options?: { readonly noPassword: true }
} {
  // From JavaScript, anything may be given.
  const { password, noPassword } = options ?? ({} as UserAddOptions)
  assertBoolean(noPassword, 'noPassword')
  if (noPassword !== true) {
    if (password === undefined) throw new TypeError('a password is wanted, or noPassword: true')
    assertText(password, 'the password')
    return { password }
  }
  if (password !== undefined) {
    throw new TypeError(`noPassword goes with no password, not with ${typeName(password)}`)
  }
  return { options: { noPassword } }
}
