// The verbs on roles and what they may do.

import { Auth, type Transport } from '@etcdkit/protocol'
import { describeTarget } from '../failure.ts'
import type { Key, KeyRange } from '../key.ts'
import type { ReadOptions, WriteOptions } from '../options.ts'
import {
  assertName,
  callService,
  describeName,
  nothing,
  readNames,
  writeNames,
} from '../service-call.ts'
import {
  type Permission,
  type PermissionType,
  permissionOf,
  permissionRequest,
  permissionSpan,
} from './permission.ts'

/** A role. */
export interface Role {
  readonly name: string
  /** What it may do, in the order of the keys. */
  readonly permissions: readonly Permission[]
}

/**
 * The roles. All but `get` of a role one has is for those with the role `root`, once auth is on.
 *
 * @example
 * ```ts
 * import { Etcd, prefix } from 'etcdkit'
 *
 * await using etcd = new Etcd({ auth: { username: 'root', password: 'secret' } })
 * await etcd.auth.roles.add('reader')
 * await etcd.auth.roles.grantPermission('reader', 'read', prefix('config/'))
 * for (const { type, target } of (await etcd.auth.roles.get('reader')).permissions) console.log(type, target)
 * ```
 */
export class Roles {
  readonly #transport: Transport

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** Adds a role that may do nothing yet. Rejects with `role-exists` if there is one of the name. */
  add(name: string, options?: WriteOptions): Promise<void> {
    return callService(this.#transport, Auth.roleAdd, {
      action: `add role ${describeName(name)}`,
      options,
      names: writeNames,
      request: () => {
        assertName(name, 'the role name')
        return { name }
      },
      result: nothing,
    })
  }

  /** Deletes a role, and takes it from all users. Rejects with `role-not-found` if there is none. */
  delete(name: string, options?: WriteOptions): Promise<void> {
    return callService(this.#transport, Auth.roleDelete, {
      action: `delete role ${describeName(name)}`,
      options,
      names: writeNames,
      request: () => {
        assertName(name, 'the role name')
        return { role: name }
      },
      result: nothing,
    })
  }

  /** Tells of a role. Rejects with `role-not-found` if there is none. */
  get(name: string, options?: ReadOptions): Promise<Role> {
    return callService(this.#transport, Auth.roleGet, {
      action: `get role ${describeName(name)}`,
      options,
      names: readNames,
      request: () => {
        assertName(name, 'the role name')
        return { role: name }
      },
      result: ({ perm }) => ({ name, permissions: perm.map(permissionOf) }),
    })
  }

  /** The names of all roles. */
  list(options?: ReadOptions): Promise<readonly string[]> {
    return callService(this.#transport, Auth.roleList, {
      action: 'list the roles',
      options,
      names: readNames,
      request: () => ({}),
      result: ({ roles }) => roles,
    })
  }

  /**
   * Lets a role read, write, or both: a key, `prefix`, `range`, `from` or `everything`. A permission for exactly the same
   * key or range is replaced.
   */
  grantPermission(
    role: string,
    type: PermissionType,
    target: Key | KeyRange,
    options?: WriteOptions,
  ): Promise<void> {
    return callService(this.#transport, Auth.roleGrantPermission, {
      action: `grant role ${describeName(role)} a permission on ${describeTarget(target)}`,
      options,
      names: writeNames,
      request: () => {
        assertName(role, 'the role name')
        return { name: role, perm: permissionRequest(type, target) }
      },
      result: nothing,
    })
  }

  /**
   * Takes from a role the permission for exactly this key or range, whatever it allows. Rejects with
   * `permission-not-granted` if there is none: etcd does not take a part out of a larger range.
   */
  revokePermission(role: string, target: Key | KeyRange, options?: WriteOptions): Promise<void> {
    return callService(this.#transport, Auth.roleRevokePermission, {
      action: `revoke the permission on ${describeTarget(target)} from role ${describeName(role)}`,
      options,
      names: writeNames,
      request: () => {
        assertName(role, 'the role name')
        return { role, ...permissionSpan(target) }
      },
      result: nothing,
    })
  }
}
