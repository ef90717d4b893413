// The v2 client: the verbs on keys, and what concerns the cluster.

import type { HttpClient } from '../http/http-client.ts'
import { text } from '../v3/codec.ts'
import { inputFailure } from '../v3/failure.ts'
import { V2Admin } from './admin.ts'
import { V2Auth } from './auth.ts'
import { V2Connection } from './connection.ts'
import { HostRefresh } from './host-refresh.ts'
import { cleanKey } from './key-path.ts'
import { V2Keyspace } from './keyspace.ts'
import { type V2Member, V2Members } from './members.ts'
import { readVersion, type V2Version } from './pages.ts'
import { V2Stats } from './stats.ts'
import { responseOf, type V2Response } from './v2-answer.ts'
import { connectionOptionsOf, type V2Options } from './v2-options.ts'
import { checkCallOptions, encodeFields, type Fields, type V2CallOptions } from './verb-options.ts'

/** A request as HTTP has it. */
export interface V2RawRequest extends V2CallOptions {
  /** Default: `GET`. */
  readonly method?: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE' | 'OPTIONS' | undefined
  /** Path and query, escaped: `/v2/keys/a?recursive=true`. No prefix is put before it. */
  readonly path: string
  /** Sent as a form. */
  readonly form?: Fields | undefined
  /** Sent as it is, with the header `content-type` of `contentType`. */
  readonly body?: string | undefined
  /** Default: that of forms. */
  readonly contentType?: string | undefined
  /** Ask this one, and no other. */
  readonly endpoint?: string | undefined
}

/** The client without what its runtime sends requests by. */
export class V2Client extends V2Keyspace<string, string | Uint8Array> {
  /** Counts of what the servers have done. */
  readonly stats: V2Stats
  /** The members of the cluster. */
  readonly members: V2Members
  /** Users, roles, and whether they are asked for. */
  readonly auth: V2Auth
  /** The admin API of etcd 0.4, or what newer servers have in its place. */
  readonly admin: V2Admin
  readonly #connection: V2Connection
  readonly #refresh: HostRefresh

  constructor(
    options: V2Options,
    createHttp: (options: ReturnType<typeof connectionOptionsOf>) => HttpClient,
  ) {
    const connecting = connectionOptionsOf(options)
    const connection = new V2Connection(connecting, createHttp(connecting))
    const { prefix = '/', ttlSeconds = -1, refreshIntervalMs = 0, adminEndpoints } = options
    super({ connection, prefix: cleanKey(prefix), codec: text, ttlSeconds })
    this.#connection = connection
    this.stats = new V2Stats(connection)
    this.members = new V2Members(connection)
    this.auth = new V2Auth(connection)
    this.admin = new V2Admin(connection, this.members, adminEndpoints)
    this.#refresh = new HostRefresh(refreshIntervalMs, () => this.refreshHosts())
  }

  /** Where requests go, each in its normal form. */
  get endpoints(): readonly string[] {
    return this.#connection.endpoints
  }

  /** Takes over the client URLs of the cluster's machines as endpoints. Resolves with them. */
  async refreshHosts(options?: V2CallOptions): Promise<readonly string[]> {
    const machines = await this.machines(options)
    if (machines.length > 0) this.#connection.setEndpoints(machines, { keepSource: true })
    return this.endpoints
  }

  /** The versions of the server that answers, and of its cluster where it tells. */
  async version(options?: V2CallOptions): Promise<V2Version> {
    checkCallOptions(options, [])
    const request = { action: 'read the version', method: 'GET', path: '/version', options }
    return readVersion(await this.#connection.send(request))
  }

  /** The client URLs of all members. */
  async machines(options?: V2CallOptions): Promise<readonly string[]> {
    checkCallOptions(options, [])
    const request = { action: 'list the machines', method: 'GET', path: '/v2/machines', options }
    const { text: list } = await this.#connection.send(request)
    return list
      .split(',')
      .map((url) => url.trim())
      .filter((url) => url !== '')
  }

  /** The member that leads. Of etcd 0.4 only its peer URL is known. */
  leader(options?: V2CallOptions): Promise<V2Member> {
    return this.members.leader(options)
  }

  /**
   * Sends any request and resolves with the answer, whatever its status: the keys as the server has them, its headers, its
   * body. Redirects of etcd 0.4 are followed.
   */
  async raw(request: V2RawRequest): Promise<V2Response> {
    const { method = 'GET', path, form, body, contentType, endpoint, ...options } = request
    const action = `send ${method} ${path}`
    try {
      checkRaw(request)
      checkCallOptions(options, [])
    } catch (error) {
      throw inputFailure(action, error)
    }
    const answer = await this.#connection.send({
      action,
      method,
      path,
      body: form === undefined ? body : encodeFields(form),
      contentType,
      endpoint,
      options,
      anyStatus: true,
    })
    return responseOf(answer)
  }

  /** Ends every call with `closed`, every watch and every connection. Twice is fine. */
  async close(): Promise<void> {
    this.#refresh.close()
    await this.#connection.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function checkRaw({ method, path, form, body }: V2RawRequest): void {
  if (typeof path !== 'string' || !/^\/[\x21-\x7e]*$/.test(path)) {
    throw new TypeError('path must begin with a slash, and be escaped')
  }
  if (method !== undefined && !/^[A-Z]+$/.test(method))
    throw new TypeError('method must be a method such as PUT')
  if (form !== undefined && body !== undefined)
    throw new TypeError('form and body exclude each other')
  if ((method ?? 'GET') === 'GET' && (form ?? body) !== undefined)
    throw new TypeError('a GET has no body')
}
