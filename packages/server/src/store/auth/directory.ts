// Users and roles: who there is, what each may do, and the revision of it all. Knows nothing of tokens, or of who asks.

import { encodeUtf8, type Permission } from '@etcdkit/protocol'
import { compareBytes, copyBytes } from '../key-name.ts'
import { isOpenEnd } from '../key-range.ts'
import { refusal } from '../refusal.ts'
import { PermissionSet } from './permission-set.ts'

/** The name of the user, and of the role, that may do everything. */
export const root = 'root'

const nothing = new PermissionSet([])

/** A user. */
export interface User {
  readonly name: string
  /** What the password was made into; `undefined` for a user who has none. */
  readonly passwordHash: Uint8Array | undefined
  /** In order. */
  readonly roles: readonly string[]
}

/** All users and roles. Every change is one revision. */
export class Directory {
  readonly #users = new Map<string, User>()
  /** What each role may do, by key. */
  readonly #roles = new Map<string, readonly Permission[]>()
  /** What users may do, as far as it was asked since the last change. */
  readonly #permissions = new Map<string, PermissionSet>()
  #revision = 1

  /** Counts the changes, from 1 on. */
  get revision(): number {
    return this.#revision
  }

  /** Users in order. */
  get users(): readonly User[] {
    return [...this.#users.values()].sort((a, b) => compareText(a.name, b.name))
  }

  /** The names of the roles, in order. */
  get roles(): readonly string[] {
    return [...this.#roles.keys()].sort(compareText)
  }

  /** Counts a change that is none of a user or role. */
  touch(): void {
    this.#revision += 1
    this.#permissions.clear()
  }

  findUser(name: string): User | undefined {
    return this.#users.get(name)
  }

  /** Throws `user-not-found`. */
  user(name: string): User {
    const user = this.#users.get(name)
    if (user === undefined) throw refusal('user-not-found')
    return user
  }

  /** What a role may do. Throws `role-not-found`. */
  role(name: string): readonly Permission[] {
    const permissions = this.#roles.get(name)
    if (permissions === undefined) throw refusal('role-not-found')
    return permissions
  }

  /** Whether a user has a role. */
  hasRole(userName: string, role: string): boolean {
    return this.#users.get(userName)?.roles.includes(role) ?? false
  }

  /** What a user may do; nothing if there is no such user. */
  permissionsOf(userName: string): PermissionSet {
    const known = this.#permissions.get(userName)
    if (known !== undefined) return known
    const user = this.#users.get(userName)
    if (user === undefined) return nothing
    const set = new PermissionSet(user.roles.flatMap((role) => this.#roles.get(role) ?? []))
    this.#permissions.set(userName, set)
    return set
  }

  /** Throws `user-empty`, `user-exists`. */
  addUser(name: string, passwordHash: Uint8Array | undefined): void {
    if (name === '') throw refusal('user-empty')
    if (this.#users.has(name)) throw refusal('user-exists')
    this.#setUser({ name, passwordHash, roles: [] })
  }

  /** Throws `user-not-found`. */
  deleteUser(name: string): void {
    this.user(name)
    this.#users.delete(name)
    this.touch()
  }

  /** A user without password stays one. Throws `user-not-found`. */
  changePassword(name: string, passwordHash: Uint8Array): void {
    const user = this.user(name)
    const changed = user.passwordHash === undefined ? undefined : passwordHash
    this.#setUser({ ...user, passwordHash: changed })
  }

  /** A role that is held already is no change. Throws `user-not-found`, `role-not-found`. */
  grantRole(userName: string, role: string): void {
    const user = this.user(userName)
    // The role root need not be there to be granted.
    if (role !== root) this.role(role)
    if (user.roles.includes(role)) return
    this.#setUser({ ...user, roles: [...user.roles, role].sort(compareText) })
  }

  /** Throws `user-not-found`, `role-not-granted`. */
  revokeRole(userName: string, role: string): void {
    const user = this.user(userName)
    if (!user.roles.includes(role)) throw refusal('role-not-granted')
    this.#setUser({ ...user, roles: user.roles.filter((each) => each !== role) })
  }

  /** Throws `role-empty`, `role-exists`. */
  addRole(name: string): void {
    if (name === '') throw refusal('role-empty')
    if (this.#roles.has(name)) throw refusal('role-exists')
    this.#setRole(name, [])
  }

  /** Takes it from all users as well. Throws `role-not-found`. */
  deleteRole(name: string): void {
    this.role(name)
    this.#roles.delete(name)
    for (const user of this.#users.values()) {
      const roles = user.roles.filter((each) => each !== name)
      if (roles.length < user.roles.length) this.#users.set(user.name, { ...user, roles })
    }
    this.touch()
  }

  /** Throws `permission-not-given`, `invalid-auth-management`, `role-not-found`. */
  grantPermission(roleName: string, permission: Permission | undefined): void {
    if (permission === undefined) throw refusal('permission-not-given')
    if (!isValidRange(permission)) throw refusal('invalid-auth-management')
    const permissions = this.role(roleName)
    const { permType, key, rangeEnd } = permission
    const granted = { permType, key: copyBytes(key), rangeEnd: copyBytes(rangeEnd) }
    // As etcd does, only the first with its key is taken for the same: a second range from a key may come twice.
    const place = permissions.findIndex((each) => compareBytes(each.key, key) >= 0)
    const first = permissions[place]
    const changed =
      first !== undefined && isSameRange(first, granted)
        ? permissions.map((each) => (each === first ? granted : each))
        : [...permissions, granted].sort((a, b) => compareBytes(a.key, b.key))
    this.#setRole(roleName, changed)
  }

  /** Throws `role-not-found`, `permission-not-granted`. */
  revokePermission(roleName: string, range: Pick<Permission, 'key' | 'rangeEnd'>): void {
    const permissions = this.role(roleName)
    const others = permissions.filter((each) => !isSameRange(each, range))
    if (others.length === permissions.length) throw refusal('permission-not-granted')
    this.#setRole(roleName, others)
  }

  #setUser(user: User): void {
    this.#users.set(user.name, user)
    this.touch()
  }

  #setRole(name: string, permissions: readonly Permission[]): void {
    this.#roles.set(name, permissions)
    this.touch()
  }
}

function isValidRange({ key, rangeEnd }: Permission): boolean {
  if (key.length === 0) return false
  return rangeEnd.length === 0 || isOpenEnd(rangeEnd) || compareBytes(key, rangeEnd) < 0
}

type RangeOf = Pick<Permission, 'key' | 'rangeEnd'>

function isSameRange(a: RangeOf, b: RangeOf): boolean {
  return compareBytes(a.key, b.key) === 0 && compareBytes(a.rangeEnd, b.rangeEnd) === 0
}

/** The order of names: that of their bytes. */
function compareText(a: string, b: string): number {
  return compareBytes(encodeUtf8(a), encodeUtf8(b))
}
