// The members of a cluster (etcd 2 and later).

import type { JsonValue } from '@etcdkit/protocol'
import { isObject } from '../transport/gateway/answer-status.ts'
import type { V2Connection, V2Request } from './connection.ts'
import { notV2, objectOf } from './node.ts'
import type { V2Answer } from './v2-answer.ts'
import { EtcdV2Error } from './v2-error.ts'
import { checkCallOptions, type V2CallOptions } from './verb-options.ts'

/** A member. */
export interface V2Member {
  /** Hexadecimal. Of etcd 0.4: its peer URL. */
  readonly id: string
  /** Empty until it has started. */
  readonly name: string
  readonly peerURLs: readonly string[]
  /** Empty until it has started. */
  readonly clientURLs: readonly string[]
}

/** The members of the cluster. */
export class V2Members {
  readonly #connection: V2Connection

  /** @internal */
  constructor(connection: V2Connection) {
    this.#connection = connection
  }

  /** All of them, by their ids. */
  async list(options?: V2CallOptions): Promise<readonly V2Member[]> {
    const answer = await this.#send({
      action: 'list the members',
      method: 'GET',
      path: '',
      options,
    })
    const { members } = objectOf(answer)
    if (!Array.isArray(members)) throw notV2(answer)
    return members.map((member) => readMember(member, answer))
  }

  /** The one that leads. Rejects with the status 503 during an election. */
  async leader(options?: V2CallOptions): Promise<V2Member> {
    try {
      const answer = await this.#send({
        action: 'find the leader',
        method: 'GET',
        path: '/leader',
        options,
      })
      return readMember(objectOf(answer), answer)
    } catch (error) {
      if (!(error instanceof EtcdV2Error) || error.status !== 404) throw error
      return this.#oldLeader(error, options)
    }
  }

  /** Adds one that is to listen for its peers at these URLs. Rejects with the status 409 when they are a member's already. */
  async add(peerURLs: readonly string[], options?: V2CallOptions): Promise<V2Member> {
    const body = JSON.stringify({ peerURLs: checkUrls(peerURLs) })
    const answer = await this.#send({
      action: 'add a member',
      method: 'POST',
      path: '',
      body,
      options,
    })
    return readMember(objectOf(answer), answer)
  }

  /** Gives one other peer URLs. Rejects with the status 404 when there is none of this id. */
  async update(id: string, peerURLs: readonly string[], options?: V2CallOptions): Promise<void> {
    const body = JSON.stringify({ peerURLs: checkUrls(peerURLs) })
    await this.#send({
      action: `update the member ${id}`,
      method: 'PUT',
      path: pathOf(id),
      body,
      options,
    })
  }

  /** Removes one for good: 410 when that was done before, 404 when there was none. */
  async remove(id: string, options?: V2CallOptions): Promise<void> {
    await this.#send({
      action: `remove the member ${id}`,
      method: 'DELETE',
      path: pathOf(id),
      options,
    })
  }

  // In 0.4 a page of text, which has the leader's URL for its peers.
  async #oldLeader(refusal: EtcdV2Error, options: V2CallOptions | undefined): Promise<V2Member> {
    try {
      const action = 'find the leader'
      const { text } = await this.#connection.send({
        action,
        method: 'GET',
        path: '/v2/leader',
        options,
      })
      const url = text.trim()
      return { id: url, name: '', peerURLs: [url], clientURLs: [] }
    } catch (error) {
      // What a newer server said tells more.
      throw error instanceof EtcdV2Error && error.status === 404 ? refusal : error
    }
  }

  #send(request: V2Request): Promise<V2Answer> {
    checkCallOptions(request.options, [])
    const path = `/v2/members${request.path}`
    return this.#connection.send({ ...request, path, contentType: 'application/json' })
  }
}

function pathOf(id: string): string {
  if (typeof id !== 'string' || id === '') throw new TypeError('a member is named by its id')
  return `/${encodeURIComponent(id)}`
}

function checkUrls(urls: readonly string[]): readonly string[] {
  if (!Array.isArray(urls) || urls.length === 0 || !urls.every((url) => typeof url === 'string')) {
    throw new TypeError('peerURLs must be a list of URLs')
  }
  return urls
}

function readMember(json: JsonValue, answer: V2Answer): V2Member {
  if (!isObject(json) || typeof json.id !== 'string') throw notV2(answer)
  const { id, name, peerURLs, clientURLs } = json
  return {
    id,
    name: typeof name === 'string' ? name : '',
    peerURLs: textsOf(peerURLs),
    clientURLs: textsOf(clientURLs),
  }
}

function textsOf(json: JsonValue | undefined): readonly string[] {
  return Array.isArray(json) ? json.filter((each) => typeof each === 'string') : []
}
