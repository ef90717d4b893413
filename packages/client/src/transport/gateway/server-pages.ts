// The pages etcd has beside its API.

import { type CallOptions, EtcdError, type JsonObject, type JsonValue } from '@etcdkit/protocol'
import { isObject, parseJson } from './answer-status.ts'
import { type HttpAnswer, safeTextOf } from './http-answer.ts'
import { isSuccess, type OutwardContext, readPage } from './outward-requests.ts'

/** What `/version` tells. */
export interface ServerVersion {
  /** The server's own version: `3.5.30`. */
  readonly etcdserver: string
  /** The version all members have agreed on: `3.5.0`; `not_decided` before they have. */
  readonly etcdcluster: string
}

/** What `/health` tells. */
export interface ServerHealth {
  readonly healthy: boolean
  /** Why not; empty if the server does not tell. */
  readonly reason: string
}

/** Reads `/version` of the server that answers. Rejects with an `EtcdError` on what is none. */
export async function readVersion(
  context: OutwardContext,
  options?: CallOptions,
): Promise<ServerVersion> {
  const answer = await readPage(context, '/version', options)
  const { etcdserver, etcdcluster = '' } = isSuccess(answer) ? objectIn(answer) : {}
  if (typeof etcdserver !== 'string' || typeof etcdcluster !== 'string') {
    throw notEtcd('/version', answer)
  }
  return { etcdserver, etcdcluster }
}

/** Reads `/health`, whose status is 503 when it is bad. Rejects with an `EtcdError` on what is none. */
export async function readHealth(
  context: OutwardContext,
  options?: CallOptions,
): Promise<ServerHealth> {
  const answer = await readPage(context, '/health', options)
  const { health, reason = '' } = objectIn(answer)
  // A text in etcd 3.3 and later, a boolean before.
  const isHealthy = String(health) === 'true'
  if (!isHealthy && String(health) !== 'false') throw notEtcd('/health', answer)
  return { healthy: isHealthy, reason: String(reason) }
}

function objectIn(answer: HttpAnswer): JsonObject | Record<string, JsonValue | undefined> {
  const json = parseJson(safeTextOf(answer))
  return isObject(json) ? json : {}
}

function notEtcd(page: string, { status }: HttpAnswer): EtcdError {
  return new EtcdError(`${page} is not etcd's: the server answered HTTP ${status}`, {
    code: 'protocol-error',
  })
}
