// `/v2/auth`: users, roles, and whether they count.

import { type Answer, jsonHeaders, methodNotAllowed } from '../../http/answer.ts'
import type { Exchange } from '../../http/exchange.ts'
import { readBody } from '../http/body.ts'
import { goJson, messageAnswer } from '../http/json-answer.ts'
import { JsonInputError, type JsonObject, parseFirstJson } from '../http/json-input.ts'
import type { KeyAccess } from './access.ts'
import { AuthError, unlessMissing } from './auth-error.ts'
import type { AuthStore } from './auth-store.ts'
import { arePermissionsEmpty } from './permissions.ts'
import { isRoleChange, type Role, readRole } from './role.ts'
import { readUser, type User } from './user.ts'

/** What the pages are taken from. */
export interface AuthSource {
  readonly auth: AuthStore
  readonly access: KeyAccess
  /** The cluster's id in hexadecimal. */
  readonly clusterId: string
}

type Page = (source: AuthSource, exchange: Exchange) => Promise<Answer> | Answer

/** Answers below `/v2/auth`; `undefined` where there is no page. */
export async function answerAuth(
  source: AuthSource,
  exchange: Exchange,
  path: string,
): Promise<Answer | undefined> {
  const page = findPage(path)
  if (page === undefined) return undefined
  try {
    return await page(source, exchange)
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === undefined) throw error
    return withCluster(source, refusal)
  }
}

function refusalOf(error: unknown): Answer | undefined {
  if (error instanceof AuthError) return messageAnswer(error.status, error.message)
  if (error instanceof BadBodyError) return messageAnswer(400, error.message)
  if (error instanceof JsonInputError) return messageAnswer(400, 'Invalid JSON in request body.')
  return undefined
}

function findPage(path: string): Page | undefined {
  const [kind, name = '', ...more] = path.slice('/v2/auth/'.length).split('/')
  if (kind === 'enable') return name === '' && !path.endsWith('/') ? enablePage : undefined
  if (kind !== 'users' && kind !== 'roles') return undefined
  if (name === '') return kind === 'users' ? usersPage : rolesPage
  if (more.some((part) => part !== '')) return () => messageAnswer(400, 'Invalid path')
  return kind === 'users' ? userPage(latin(name)) : rolePage(latin(name))
}

const enablePage: Page = (source, exchange) => {
  const { method } = exchange
  if (!/^(?:GET|PUT|DELETE)$/.test(method)) return methodNotAllowed('GET', 'PUT', 'DELETE')
  if (method !== 'GET' && !source.access.isRoot(exchange)) return noAccess
  const enabled = source.auth.isEnabled
  if (method === 'GET') return answer(source, 200, { enabled })
  if (method === 'PUT') source.auth.enable()
  else source.auth.disable()
  return answer(source, 200)
}

const usersPage: Page = (source, exchange) => {
  if (exchange.method !== 'GET') return methodNotAllowed('GET')
  if (!source.access.isRoot(exchange)) return noAccess
  const { auth } = source
  const users = auth.users.map((name) =>
    withRoles(auth.user(name), (role) => unlessMissing(() => auth.role(role))),
  )
  return answer(source, 200, { users: users.length === 0 ? null : users })
}

const rolesPage: Page = (source, exchange) => {
  if (exchange.method !== 'GET') return methodNotAllowed('GET')
  if (!source.access.isRoot(exchange)) return noAccess
  const { auth } = source
  return answer(source, 200, { roles: auth.roles.map((name) => auth.role(name)) })
}

function userPage(name: string): Page {
  return async (source, exchange) => {
    const refusal = refuse(source, exchange)
    if (refusal !== undefined) return refusal
    const { auth } = source
    if (exchange.method === 'GET') {
      return answer(
        source,
        200,
        withRoles(auth.user(name), (role) => auth.role(role)),
      )
    }
    if (exchange.method === 'PUT') return putUser(source, readUser(await readJson(exchange)), name)
    auth.deleteUser(name)
    return answer(source, 200)
  }
}

function putUser(source: AuthSource, given: User, name: string): Answer {
  const { auth } = source
  assertName('User', given.user, name)
  const hasRoles = (given.roles ?? []).length > 0
  if (given.grant === undefined && given.revoke === undefined) {
    if (hasRoles) return answer(source, 200, withoutPassword(auth.createUser(given)))
    const { user, isNew } = auth.createOrUpdateUser(given)
    return answer(source, isNew ? 201 : 200, withoutPassword(user))
  }
  if (hasRoles) throw new BadBodyError('User JSON contains both roles and grant/revoke')
  return answer(source, 200, withoutPassword(auth.updateUser(given)))
}

function rolePage(name: string): Page {
  return async (source, exchange) => {
    const refusal = refuse(source, exchange)
    if (refusal !== undefined) return refusal
    const { auth } = source
    if (exchange.method === 'GET') return answer(source, 200, auth.role(name))
    if (exchange.method === 'PUT') return putRole(source, readRole(await readJson(exchange)), name)
    auth.deleteRole(name)
    return answer(source, 200)
  }
}

function putRole(source: AuthSource, given: Role, name: string): Answer {
  assertName('Role', given.role, name)
  if (!isRoleChange(given)) {
    source.auth.createRole(given)
    return answer(source, 201, given)
  }
  if (!arePermissionsEmpty(given.permissions)) {
    throw new BadBodyError('Role JSON contains both permissions and grant/revoke')
  }
  return answer(source, 200, source.auth.updateRole(given))
}

/** Wrong methods come before missing rights. */
function refuse(source: AuthSource, exchange: Exchange): Answer | undefined {
  if (!/^(?:GET|PUT|DELETE)$/.test(exchange.method)) {
    return methodNotAllowed('GET', 'PUT', 'DELETE')
  }
  return source.access.isRoot(exchange) ? undefined : noAccess
}

/** A body that does not fit the request. */
class BadBodyError extends Error {}

function assertName(kind: string, given: string, name: string): void {
  if (given === name) return
  throw new BadBodyError(`${kind} JSON name does not match the name in the URL`)
}

async function readJson({ body }: Exchange): Promise<JsonObject> {
  return parseFirstJson((await readBody(body))?.toString() ?? '')
}

const noAccess = messageAnswer(401, 'Insufficient credentials')

function answer(source: AuthSource, status: number, value?: unknown): Answer {
  const body = value === undefined ? {} : { body: `${goJson(value)}\n` }
  return withCluster(source, { status, headers: jsonHeaders, ...body })
}

function withCluster({ clusterId }: AuthSource, { headers, ...rest }: Answer): Answer {
  return { ...rest, headers: { ...headers, 'x-etcd-cluster-id': clusterId } }
}

function withRoles(user: User, find: (name: string) => Role | undefined): object {
  const roles = (user.roles ?? []).map(find).filter((role) => role !== undefined)
  return roles.length === 0 ? { user: user.user } : { user: user.user, roles }
}

function withoutPassword({ password: _, ...user }: User): object {
  return user
}

function latin(units: string): string {
  return Buffer.from(units, 'latin1').toString()
}
