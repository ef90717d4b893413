// Users and roles, kept as JSON in the tree beside the keys, so that their changes take indices as in etcd.

import { isDeepStrictEqual } from 'node:util'
import { parseJsonText } from '../http/json-input.ts'
import type { RaftLog } from '../keys/keys-page.ts'
import { V2Error } from '../tree/error.ts'
import type { V2Event } from '../tree/event.ts'
import type { V2Store } from '../tree/store.ts'
import { AuthError } from './auth-error.ts'
import { guestRole, mergeRole, type Role, readRole, rootRole } from './role.ts'
import { hashPassword, mergeUser, readUser, type User, withRootRole } from './user.ts'

const root = '/2'
const directories = [root, `${root}/users`, `${root}/roles`] as const

/** Users, roles, and whether they count. Everything throws `AuthError`. Source: etcd `etcdserver/api/v2auth/auth.go`. */
export class AuthStore {
  readonly #store: V2Store
  readonly #log: RaftLog
  #isPrepared = false

  constructor(store: V2Store, log: RaftLog) {
    this.#store = store
    this.#log = log
  }

  /** Whether requests must say who asks. */
  get isEnabled(): boolean {
    return this.#read('/enabled') === 'true'
  }

  enable(): void {
    if (this.isEnabled) throw new AuthError(409, 'already enabled')
    if (this.#read('/users/root', true) === undefined) {
      throw new AuthError(409, 'No root user available, please create one')
    }
    if (this.#read(`/roles/${guestRole.role}`, true) === undefined) this.createRole(guestRole)
    this.#write('/enabled', true, true)
  }

  disable(): void {
    if (!this.isEnabled) throw new AuthError(409, 'already disabled')
    this.#write('/enabled', false, true)
  }

  /** Names, in order. */
  get users(): readonly string[] {
    return this.#list('/users')
  }

  user(name: string): User {
    const user = this.#readUser(name)
    if (user === undefined) throw new AuthError(404, `User ${name} does not exist.`)
    return user
  }

  createUser(given: User): User {
    const { user: name, password } = withRootRole(given)
    if (password === undefined) {
      throw new AuthError(400, `Cannot create user ${name} with an empty password`)
    }
    const user = { ...withRootRole(given), password: hashPassword(password) }
    this.#create(`/users/${name}`, user, `User ${name} already exists.`)
    return user
  }

  /** Makes a user, or changes its password. Tells whether it was made. */
  createOrUpdateUser(user: User): { readonly user: User; readonly isNew: boolean } {
    const isNew = this.#readUser(user.user, true) === undefined
    return { user: isNew ? this.createUser(user) : this.updateUser(user), isNew }
  }

  updateUser(change: User): User {
    const held = this.#readUser(change.user, true)
    if (held === undefined) throw new AuthError(404, `User ${change.user} does not exist.`)
    const user = mergeUser(held, change)
    if (isSame(held, user)) {
      const advice = 'Use grant/revoke/password to update the user.'
      throw new AuthError(400, `User not updated. ${advice}`)
    }
    this.#write(`/users/${change.user}`, user, true)
    return user
  }

  deleteUser(name: string): void {
    if (this.isEnabled && name === 'root') {
      throw new AuthError(403, 'Cannot delete root user while auth is enabled.')
    }
    this.#delete(`/users/${name}`, `User ${name} does not exist`)
  }

  /** Names, in order, that of root among them. */
  get roles(): readonly string[] {
    return [rootRole.role, ...this.#list('/roles')].sort()
  }

  role(name: string): Role {
    const role = this.#readRole(name)
    if (role === undefined) throw new AuthError(404, `Role ${name} does not exist.`)
    return role
  }

  createRole(role: Role): void {
    assertNotRoot(role.role)
    this.#create(`/roles/${role.role}`, role, `Role ${role.role} already exists.`)
  }

  updateRole(change: Role): Role {
    assertNotRoot(change.role)
    const held = this.#readRole(change.role, true)
    if (held === undefined) throw new AuthError(404, `Role ${change.role} does not exist.`)
    const role = mergeRole(held, change)
    if (isSame(held, role)) {
      throw new AuthError(400, 'Role not updated. Use grant/revoke to update the role.')
    }
    this.#write(`/roles/${change.role}`, role, true)
    return role
  }

  deleteRole(name: string): void {
    assertNotRoot(name)
    this.#delete(`/roles/${name}`, `Role ${name} doesn't exist.`)
  }

  #readUser(name: string, isProposal = false): User | undefined {
    const text = this.#read(`/users/${name}`, isProposal)
    return text === undefined ? undefined : withRootRole(readUser(parseJsonText(text)))
  }

  #readRole(name: string, isProposal = false): Role | undefined {
    if (name === rootRole.role) return rootRole
    const text = this.#read(`/roles/${name}`, isProposal)
    return text === undefined ? undefined : readRole(parseJsonText(text))
  }

  #read(place: string, isProposal = false): string | undefined {
    return fromUnits(this.#get(place, isProposal)?.node.value)
  }

  #list(place: string): string[] {
    const nodes = this.#get(place, false)?.node.nodes ?? []
    return nodes.map(({ key }) => fromUnits(key.slice(key.lastIndexOf('/') + 1)) ?? '').sort()
  }

  #get(place: string, isProposal: boolean): V2Event | undefined {
    if (isProposal) this.#log.raftIndex += 1
    return unlessCode(100, () =>
      this.#store.get(toUnits(`${root}${place}`), { recursive: false, sorted: false }),
    )
  }

  #create(place: string, value: unknown, isThere: string): void {
    const event = unlessCode(105, () => this.#write(place, value, false))
    if (event === undefined) throw new AuthError(409, isThere)
  }

  #write(place: string, value: unknown, exists: boolean): V2Event {
    this.#prepare()
    this.#log.raftIndex += 1
    const path = toUnits(`${root}${place}`)
    const content = { value: toUnits(JSON.stringify(value)) }
    return exists ? this.#store.update(path, content) : this.#store.create(path, content)
  }

  #delete(place: string, isMissing: string): void {
    this.#prepare()
    this.#log.raftIndex += 1
    const options = { dir: false, recursive: false }
    const event = unlessCode(100, () => this.#store.delete(toUnits(`${root}${place}`), options))
    if (event === undefined) throw new AuthError(404, isMissing)
  }

  /** Makes the directories at the first write, an index each. */
  #prepare(): void {
    if (this.#isPrepared) return
    this.#isPrepared = true
    this.#log.raftIndex += directories.length + 1
    for (const path of directories) this.#store.create(path, {})
    this.#store.create(`${root}/enabled`, { value: 'false' })
  }
}

function assertNotRoot(role: string): void {
  if (role !== rootRole.role) return
  throw new AuthError(403, `Cannot modify role ${role}: is root role.`)
}

/** Whether two are one and the same when written; the fields are in one order. */
function isSame(one: object, other: object): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(one)), JSON.parse(JSON.stringify(other)))
}

/** What `run` answers; `undefined` where the store refuses with that code. */
function unlessCode<T>(code: number, run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    if (error instanceof V2Error && error.code === code) return undefined
    throw error
  }
}

function toUnits(text: string): string {
  return Buffer.from(text).toString('latin1')
}

function fromUnits(units: string | undefined): string | undefined {
  return units === undefined ? undefined : Buffer.from(units, 'latin1').toString()
}
