// Users and roles of the v2 API, which are not those of v3.

import type { JsonObject, JsonValue } from '@etcdkit/protocol'
import { isObject } from '../transport/gateway/answer-status.ts'
import type { V2Connection } from './connection.ts'
import { objectOf } from './node.ts'
import type { V2Answer } from './v2-answer.ts'
import { checkCallOptions, type V2CallOptions } from './verb-options.ts'

/** What a role allows: keys, or patterns such as `/apps/*`. */
export interface V2Permissions {
  readonly read?: readonly string[] | undefined
  readonly write?: readonly string[] | undefined
}

/** A role. */
export interface V2Role {
  readonly role: string
  readonly read: readonly string[]
  readonly write: readonly string[]
}

/** A user, by the names of its roles. */
export interface V2User {
  readonly user: string
  readonly roles: readonly string[]
}

/** What is changed of a user. */
export interface V2UserChange {
  readonly password?: string | undefined
  readonly grant?: readonly string[] | undefined
  readonly revoke?: readonly string[] | undefined
}

/** What is changed of a role. */
export interface V2RoleChange {
  readonly grant?: V2Permissions | undefined
  readonly revoke?: V2Permissions | undefined
}

type Verb = 'GET' | 'PUT' | 'DELETE'

/** Users, roles, and whether they are asked for. */
export class V2Auth {
  readonly #connection: V2Connection

  /** @internal */
  constructor(connection: V2Connection) {
    this.#connection = connection
  }

  /** Whether users are asked for. */
  async isEnabled(options?: V2CallOptions): Promise<boolean> {
    const answer = await this.#send('GET', 'enable', {
      action: 'read whether auth is enabled',
      options,
    })
    return objectOf(answer).enabled === true
  }

  /** Asks for users from now on. Rejects with the status 409 without a user `root`, or when it is so already. */
  async enable(options?: V2CallOptions): Promise<void> {
    await this.#send('PUT', 'enable', { action: 'enable auth', options })
  }

  /** Asks for users no longer. */
  async disable(options?: V2CallOptions): Promise<void> {
    await this.#send('DELETE', 'enable', { action: 'disable auth', options })
  }

  /** All users. */
  async users(options?: V2CallOptions): Promise<readonly V2User[]> {
    const answer = await this.#send('GET', 'users', { action: 'list the users', options })
    return listOf(objectOf(answer).users).map(readUser)
  }

  /** A user. Rejects with the status 404 when there is none. */
  async user(name: string, options?: V2CallOptions): Promise<V2User> {
    const answer = await this.#send('GET', pathOf('users', name), {
      action: `read the user ${name}`,
      options,
    })
    return readUser(objectOf(answer))
  }

  /** Adds a user, or gives one that exists another password. */
  async setUser(name: string, password: string, options?: V2CallOptions): Promise<V2User> {
    if (typeof password !== 'string' || password === '')
      throw new TypeError('a user must have a password')
    return this.updateUser(name, { password }, options)
  }

  /** Changes a user's password or roles. */
  async updateUser(name: string, change: V2UserChange, options?: V2CallOptions): Promise<V2User> {
    const answer = await this.#send('PUT', pathOf('users', name), {
      action: `change the user ${name}`,
      json: { user: name, ...change },
      options,
    })
    return readUser(objectOf(answer))
  }

  /** Removes a user. */
  async removeUser(name: string, options?: V2CallOptions): Promise<void> {
    await this.#send('DELETE', pathOf('users', name), {
      action: `remove the user ${name}`,
      options,
    })
  }

  /** All roles. */
  async roles(options?: V2CallOptions): Promise<readonly V2Role[]> {
    const answer = await this.#send('GET', 'roles', { action: 'list the roles', options })
    return listOf(objectOf(answer).roles).map(readRole)
  }

  /** A role. Rejects with the status 404 when there is none. */
  async role(name: string, options?: V2CallOptions): Promise<V2Role> {
    const answer = await this.#send('GET', pathOf('roles', name), {
      action: `read the role ${name}`,
      options,
    })
    return readRole(objectOf(answer))
  }

  /** Adds a role. */
  async addRole(
    name: string,
    permissions: V2Permissions = {},
    options?: V2CallOptions,
  ): Promise<V2Role> {
    const answer = await this.#send('PUT', pathOf('roles', name), {
      action: `add the role ${name}`,
      json: { role: name, permissions: kvOf(permissions) },
      options,
    })
    return readRole(objectOf(answer))
  }

  /** Changes what a role allows. */
  async updateRole(
    name: string,
    { grant, revoke }: V2RoleChange,
    options?: V2CallOptions,
  ): Promise<V2Role> {
    const answer = await this.#send('PUT', pathOf('roles', name), {
      action: `change the role ${name}`,
      json: {
        role: name,
        ...(grant && { grant: kvOf(grant) }),
        ...(revoke && { revoke: kvOf(revoke) }),
      },
      options,
    })
    return readRole(objectOf(answer))
  }

  /** Removes a role. */
  async removeRole(name: string, options?: V2CallOptions): Promise<void> {
    await this.#send('DELETE', pathOf('roles', name), {
      action: `remove the role ${name}`,
      options,
    })
  }

  async #send(
    method: Verb,
    page: string,
    how: {
      readonly action: string
      readonly json?: object
      readonly options: V2CallOptions | undefined
    },
  ): Promise<V2Answer> {
    const { action, json, options } = how
    checkCallOptions(options, [])
    return this.#connection.send({
      action,
      method,
      path: `/v2/auth/${page}`,
      body: json && JSON.stringify(json),
      contentType: 'application/json',
      options,
    })
  }
}

function pathOf(page: string, name: string): string {
  if (typeof name !== 'string' || name === '')
    throw new TypeError('a name must be a text that is not empty')
  return `${page}/${encodeURIComponent(name)}`
}

function kvOf({ read = [], write = [] }: V2Permissions): object {
  return { kv: { read, write } }
}

// Where there is nothing, etcd says null.
function listOf(json: JsonValue | undefined): readonly JsonObject[] {
  return Array.isArray(json) ? json.filter(isObject) : []
}

function readUser({ user, roles }: JsonObject): V2User {
  const names = Array.isArray(roles) ? roles : []
  // In lists a role is told with what it allows.
  return {
    user: String(user),
    roles: names.map((each) => String(isObject(each) ? each.role : each)),
  }
}

function readRole({ role, permissions }: JsonObject): V2Role {
  const kv = isObject(permissions) && isObject(permissions.kv) ? permissions.kv : {}
  return { role: String(role), read: textsOf(kv.read), write: textsOf(kv.write) }
}

function textsOf(json: JsonValue | undefined): readonly string[] {
  return Array.isArray(json) ? json.filter((each) => typeof each === 'string') : []
}
