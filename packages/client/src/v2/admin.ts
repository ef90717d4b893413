// The admin API of etcd 0.4, on the peers' port; and what newer servers have in its place.

import { parseEndpoints } from '../transport/endpoint.ts'
import { isObject, parseJson } from '../transport/gateway/answer-status.ts'
import type { V2Connection, V2Request } from './connection.ts'
import type { V2Members } from './members.ts'
import { notV2, objectOf } from './node.ts'
import type { V2Answer } from './v2-answer.ts'
import { EtcdV2Error } from './v2-error.ts'
import { checkCallOptions, type V2CallOptions } from './verb-options.ts'

/** How a cluster of etcd 0.4 is run. */
export interface V2AdminConfig {
  /** How many members vote; at least 3. */
  readonly activeSize: number
  /** Seconds after which a member that is gone is removed; at least 2. */
  readonly removeDelay: number
  /** Seconds between two looks of a standby; at least 1. */
  readonly syncInterval: number
}

/** A machine of the cluster. */
export interface V2Machine {
  readonly name: string
  readonly state: 'leader' | 'follower'
  readonly clientURL: string
  readonly peerURL: string
}

const oldPeerPort = 7001

/** The admin API. */
export class V2Admin {
  readonly #connection: V2Connection
  readonly #members: V2Members
  readonly #endpoints: readonly string[] | undefined

  /** @internal */
  constructor(
    connection: V2Connection,
    members: V2Members,
    endpoints: string | readonly string[] | undefined,
  ) {
    this.#connection = connection
    this.#members = members
    this.#endpoints =
      endpoints === undefined ? undefined : parseEndpoints(endpoints).map(({ url }) => url)
  }

  /** How the cluster is run. etcd 0.4 alone: others reject. */
  async config(options?: V2CallOptions): Promise<V2AdminConfig> {
    return readConfig(
      await this.#send({ action: 'read the config', method: 'GET', path: '/config', options }),
    )
  }

  /** Changes how the cluster is run, and resolves with the outcome, which is within etcd's bounds. etcd 0.4 alone. */
  async setConfig(config: Partial<V2AdminConfig>, options?: V2CallOptions): Promise<V2AdminConfig> {
    const body = JSON.stringify(checkConfig(config))
    const request = { action: 'set the config', method: 'PUT', path: '/config', body, options }
    return readConfig(await this.#send(request))
  }

  /** The machines of the cluster; of newer servers made from their members. */
  async machines(options?: V2CallOptions): Promise<readonly V2Machine[]> {
    if (!(await this.#isOld(options))) return this.#machinesOfMembers(options)
    const answer = await this.#send({
      action: 'list the machines',
      method: 'GET',
      path: '/machines',
      options,
    })
    const json = parseJson(answer.text)
    if (!Array.isArray(json)) throw notV2(answer)
    // Their fields are those of the type, in 0.4's own words.
    return json as unknown as readonly V2Machine[]
  }

  /** A machine by its name, or `undefined` if there is none. */
  async machine(name: string, options?: V2CallOptions): Promise<V2Machine | undefined> {
    checkName(name)
    return (await this.machines(options)).find((machine) => machine.name === name)
  }

  /** Removes a machine by its name. One that is not there is done without. */
  async removeMachine(name: string, options?: V2CallOptions): Promise<void> {
    checkName(name)
    if (await this.#isOld(options)) {
      const path = `/machines/${encodeURIComponent(name)}`
      await this.#send({ action: `remove the machine ${name}`, method: 'DELETE', path, options })
      return
    }
    const members = await this.#members.list(options)
    const member = members.find((each) => each.name === name)
    if (member !== undefined) await this.#members.remove(member.id, options)
  }

  async #machinesOfMembers(options: V2CallOptions | undefined): Promise<readonly V2Machine[]> {
    const members = await this.#members.list(options)
    const leader = await this.#members.leader(options)
    return members.map(({ id, name, clientURLs, peerURLs }) => ({
      name,
      state: id === leader.id ? 'leader' : 'follower',
      clientURL: clientURLs[0] ?? '',
      peerURL: peerURLs[0] ?? '',
    }))
  }

  // Members came with etcd 2, and with them the admin API went.
  async #isOld(options: V2CallOptions | undefined): Promise<boolean> {
    try {
      await this.#members.list(options)
      return false
    } catch (error) {
      if (error instanceof EtcdV2Error && error.status === 404) return true
      throw error
    }
  }

  // Any of the peers; a follower leads to the leader.
  async #send(request: V2Request): Promise<V2Answer> {
    checkCallOptions(request.options, [])
    const path = `/v2/admin${request.path}`
    let last: unknown
    for (const endpoint of this.#endpoints ?? this.#usualEndpoints()) {
      try {
        return await this.#connection.send({
          ...request,
          path,
          endpoint,
          contentType: 'application/json',
        })
      } catch (error) {
        last = error
        const { signal } = request.options ?? {}
        if (error instanceof EtcdV2Error || !isSafe(request, error) || signal?.aborted) throw error
      }
    }
    throw last
  }

  #usualEndpoints(): string[] {
    return this.#connection.endpoints.map((endpoint) => {
      const { protocol, hostname } = new URL(
        /^\w+:\/\//.test(endpoint) ? endpoint : `http://${endpoint}`,
      )
      return `${protocol}//${hostname}:${oldPeerPort}`
    })
  }
}

function isSafe({ method }: V2Request, error: unknown): boolean {
  const { outcome } = error as { readonly outcome?: unknown }
  return method === 'GET' || outcome === 'not-applied'
}

function readConfig(answer: V2Answer): V2AdminConfig {
  const { activeSize, removeDelay, syncInterval } = objectOf(answer)
  if (![activeSize, removeDelay, syncInterval].every((each) => typeof each === 'number'))
    throw notV2(answer)
  return {
    activeSize: Number(activeSize),
    removeDelay: Number(removeDelay),
    syncInterval: Number(syncInterval),
  }
}

function checkConfig(config: Partial<V2AdminConfig>): Partial<V2AdminConfig> {
  if (!isObject(config)) throw new TypeError('config must be an object')
  for (const [name, value] of Object.entries(config)) {
    if (!['activeSize', 'removeDelay', 'syncInterval'].includes(name)) {
      throw new TypeError(`there is no ${JSON.stringify(name)} in the config`)
    }
    if (!Number.isSafeInteger(value) || Number(value) < 0) {
      throw new RangeError(`${name} must be a whole number of at least 0`)
    }
  }
  return config
}

function checkName(name: string): void {
  if (typeof name !== 'string' || name === '') throw new TypeError('a machine is named by a text')
}
