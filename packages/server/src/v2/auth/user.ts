// A user: a password that is kept as a hash, and the names of roles.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { JsonObject } from '../http/json-input.ts'
import { AuthError } from './auth-error.ts'

/** A user, as JSON has it; `null` where no roles were given. */
export interface User {
  readonly user: string
  /** In a request the password itself, in the store its hash. */
  readonly password?: string | undefined
  readonly roles: readonly string[] | null
  readonly grant?: readonly string[] | undefined
  readonly revoke?: readonly string[] | undefined
}

/** Reads a user. Throws `JsonInputError`. */
export function readUser(object: JsonObject): User {
  return {
    user: object.text('user'),
    password: object.text('password') || undefined,
    roles: object.texts('roles'),
    grant: notEmpty(object.texts('grant')),
    revoke: notEmpty(object.texts('revoke')),
  }
}

function notEmpty(list: readonly string[] | null): readonly string[] | undefined {
  return list === null || list.length === 0 ? undefined : list
}

/** The user root always has the role of that name. */
export function withRootRole(user: User): User {
  if (user.user !== 'root' || user.roles?.includes('root')) return user
  return { ...user, roles: [...(user.roles ?? []), 'root'] }
}

/** A user as a request changes it. Throws `AuthError`. */
export function mergeUser(held: User, change: User): User {
  const roles = new Set(held.roles)
  for (const role of change.grant ?? []) {
    if (roles.has(role)) {
      throw new AuthError(409, `Granting duplicate role ${role} for user ${change.user}`)
    }
    roles.add(role)
  }
  for (const role of change.revoke ?? []) {
    if (!roles.delete(role)) {
      throw new AuthError(409, `Revoking ungranted role ${role} for user ${change.user}`)
    }
  }
  const password = change.password === undefined ? held.password : hashPassword(change.password)
  return { user: held.user, password, roles: [...roles].sort() }
}

/** A hash with a salt of its own. Not slow, unlike etcd's: it lives in memory, and tests log in often. */
export function hashPassword(password: string): string {
  const salt = randomBytes(16).toString('hex')
  return `${salt}:${digest(salt, password).toString('hex')}`
}

/** Whether that is the password. */
export function isPassword(user: User, password: string): boolean {
  const [salt = '', hash = ''] = user.password?.split(':') ?? []
  const wanted = Buffer.from(hash, 'hex')
  const given = digest(salt, password)
  return wanted.length === given.length && timingSafeEqual(wanted, given)
}

function digest(salt: string, password: string): Buffer {
  return createHash('sha256').update(`${salt}:${password}`).digest()
}
