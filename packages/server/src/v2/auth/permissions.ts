// What a role may read and write: patterns of keys, granted and revoked.

import type { JsonObject } from '../http/json-input.ts'
import { AuthError } from './auth-error.ts'

type Patterns = readonly string[] | null

/** Patterns, as JSON has them; `null` where none were given. */
export interface Permissions {
  readonly kv: { readonly read: Patterns; readonly write: Patterns }
}

/** Every key. */
export const allKeys: Permissions = { kv: { read: ['/*'], write: ['/*'] } }

/** Reads permissions. Throws `JsonInputError`. */
export function readPermissions(object: JsonObject | undefined): Permissions {
  const kv = object?.object('kv')
  return { kv: { read: kv?.texts('read') ?? null, write: kv?.texts('write') ?? null } }
}

/** Whether there is nothing in them. */
export function arePermissionsEmpty(permissions: Permissions | undefined): boolean {
  const { read, write } = permissions?.kv ?? {}
  return !read?.length && !write?.length
}

/** With more. Throws `AuthError` on what was there. */
export function grantAll(held: Permissions, more: Permissions | undefined): Permissions {
  if (more === undefined) return held
  const grant = (kind: 'read' | 'write'): string[] => {
    const patterns = new Set(held.kv[kind])
    for (const pattern of more.kv[kind] ?? []) {
      if (patterns.has(pattern)) {
        throw new AuthError(409, `Granting duplicate ${kind} permission ${pattern}`)
      }
      patterns.add(pattern)
    }
    return [...patterns].sort()
  }
  return { kv: { read: grant('read'), write: grant('write') } }
}

/** With less; what was not there is passed over. */
export function revokeAll(held: Permissions, less: Permissions | undefined): Permissions {
  if (less === undefined) return held
  const revoke = (kind: 'read' | 'write'): string[] =>
    [...new Set(held.kv[kind])].filter((pattern) => !less.kv[kind]?.includes(pattern)).sort()
  return { kv: { read: revoke('read'), write: revoke('write') } }
}

/** What is asked for. */
export interface Access {
  /** The key as it stands in the request. */
  readonly key: string
  readonly write: boolean
  /** With all below it: only a pattern with a star will do, and it must begin the key as it stands. */
  readonly recursive: boolean
}

/** Whether permissions allow it. */
export function allows({ kv }: Permissions, { key, write, recursive }: Access): boolean {
  const patterns = (write ? kv.write : kv.read) ?? []
  return patterns.some((pattern) => {
    if (pattern.endsWith('*')) return key.startsWith(pattern.slice(0, -1))
    return !recursive && pattern !== '' && key === pattern
  })
}
