// Auth as a whole: users and roles, whether it is on, tokens, and who a call turns out to be.

import type { Clock } from '../clock.ts'
import { requestRange } from '../key-range.ts'
import { refusal } from '../refusal.ts'
import { type Credentials, tokenOf } from './credentials.ts'
import { Directory, root } from './directory.ts'
import { Tokens } from './tokens.ts'

/**
 * Users, roles, permissions and tokens, in memory.
 *
 * Passwords do not come here, only what they were made into; nor do tokens, but as texts made elsewhere. What etcd
 * refuses is thrown with its code, and then nothing has changed. Source: etcd `server/auth/store.go`.
 */
export class AuthStore {
  readonly #directory = new Directory()
  readonly #tokens: Tokens
  #enabled = false

  constructor(clock: Clock, tokenTtlSeconds: number) {
    this.#tokens = new Tokens(clock, tokenTtlSeconds)
  }

  /** Whether calls have to say who they are. */
  get enabled(): boolean {
    return this.#enabled
  }

  /** Users and roles, to be read. */
  get directory(): Directory {
    return this.#directory
  }

  /** Throws `root-user-not-found`, `root-role-not-granted`. On already: nothing. */
  enable(): void {
    if (this.#enabled) return
    if (this.#directory.findUser(root) === undefined) throw refusal('root-user-not-found')
    if (!this.#directory.hasRole(root, root)) throw refusal('root-role-not-granted')
    this.#enabled = true
  }

  /** All tokens are forgotten. Off already: nothing. */
  disable(): void {
    if (!this.#enabled) return
    this.#enabled = false
    this.#tokens.clear()
    this.#directory.touch()
  }

  /** Throws `invalid-auth-management`, `user-not-found`. */
  deleteUser(name: string): void {
    this.#assertNotRoot(name === root)
    this.#directory.deleteUser(name)
    this.#tokens.forgetUser(name)
  }

  /** Throws `user-not-found`. */
  changePassword(name: string, passwordHash: Uint8Array): void {
    this.#directory.changePassword(name, passwordHash)
    this.#tokens.forgetUser(name)
  }

  /** Throws `invalid-auth-management`, `user-not-found`, `role-not-granted`. */
  revokeRole(userName: string, role: string): void {
    this.#assertNotRoot(userName === root && role === root)
    this.#directory.revokeRole(userName, role)
  }

  /** Throws `invalid-auth-management`, `role-not-found`. */
  deleteRole(name: string): void {
    this.#assertNotRoot(name === root)
    this.#directory.deleteRole(name)
  }

  /** Makes a token good for a user, until it is not used for its time to live. */
  assignToken(token: string, username: string): void {
    this.#tokens.assign(token, username)
  }

  /**
   * Who a call is from: `undefined` if it does not say so, or need not. Throws `invalid-auth-token`.
   *
   * As in etcd the token goes before the certificate. A simple token is of the current revision whenever it is asked for,
   * and a call is done with before the revision can change: `auth-old-revision`, which is for other tokens, never comes.
   */
  userOf(credentials: Credentials): string | undefined {
    if (!this.#enabled) return undefined
    const token = tokenOf(credentials)
    if (token === undefined) return credentials.commonName
    const username = this.#tokens.userOf(token)
    if (username === undefined) throw refusal('invalid-auth-token')
    return username
  }

  /** Throws `user-empty` if a call does not say whom it is from, though it should; `invalid-auth-token`. */
  assertUser(credentials: Credentials): void {
    if (this.#enabled && this.userOf(credentials) === undefined) throw refusal('user-empty')
  }

  /** Throws if a call is not from someone with the role root: what `assertUser` throws, `permission-denied`. */
  assertAdmin(credentials: Credentials): void {
    if (this.#enabled) this.assertRoot(this.userOf(credentials))
  }

  /** The same of a user. Throws `user-empty`, `user-not-found`, `permission-denied`. */
  assertRoot(user: string | undefined): void {
    if (user === undefined || user === '') throw refusal('user-empty')
    this.#directory.user(user)
    if (!this.#directory.hasRole(user, root)) throw refusal('permission-denied')
  }

  /** Throws `user-empty`, `permission-denied` if a user may not read all keys of a range. */
  assertMayRead(user: string | undefined, key: Uint8Array, rangeEnd: Uint8Array): void {
    const range = requestRange(key, rangeEnd)
    this.#assertMay(user, (name) => this.#directory.permissionsOf(name).canRead(range))
  }

  /** Throws `user-empty`, `permission-denied` if a user may not write all keys of a range. */
  assertMayWrite(user: string | undefined, key: Uint8Array, rangeEnd: Uint8Array): void {
    const range = requestRange(key, rangeEnd)
    this.#assertMay(user, (name) => this.#directory.permissionsOf(name).canWrite(range))
  }

  /** Forgets all tokens, and stops its clock. */
  close(): void {
    this.#tokens.close()
  }

  #assertMay(user: string | undefined, may: (name: string) => boolean): void {
    if (user === undefined) throw refusal('user-empty')
    if (!this.#directory.hasRole(user, root) && !may(user)) throw refusal('permission-denied')
  }

  #assertNotRoot(isRoot: boolean): void {
    if (this.#enabled && isRoot) throw refusal('invalid-auth-management')
  }
}
