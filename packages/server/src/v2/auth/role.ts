// A role: a name for permissions.

import type { JsonObject } from '../http/json-input.ts'
import {
  allKeys,
  arePermissionsEmpty,
  grantAll,
  type Permissions,
  readPermissions,
  revokeAll,
} from './permissions.ts'

/** A role, as JSON has it. */
export interface Role {
  readonly role: string
  readonly permissions: Permissions
  readonly grant?: Permissions | undefined
  readonly revoke?: Permissions | undefined
}

/** May do everything, and cannot be changed. */
export const rootRole: Role = { role: 'root', permissions: allKeys }

/** What who does not log in may do, unless it is changed. */
export const guestRole: Role = { role: 'guest', permissions: allKeys }

/** Reads a role. Throws `JsonInputError`. */
export function readRole(object: JsonObject): Role {
  const [grant, revoke] = [object.object('grant'), object.object('revoke')]
  return {
    role: object.text('role'),
    permissions: readPermissions(object.object('permissions')),
    grant: grant && readPermissions(grant),
    revoke: revoke && readPermissions(revoke),
  }
}

/** Whether a request changes a role; else it makes one. */
export function isRoleChange({ grant, revoke }: Role): boolean {
  return !arePermissionsEmpty(grant) || !arePermissionsEmpty(revoke)
}

/** A role as a request changes it. Throws `AuthError`. */
export function mergeRole(held: Role, { grant, revoke }: Role): Role {
  return {
    role: held.role,
    permissions: revokeAll(grantAll(held.permissions, grant), revoke),
  }
}
