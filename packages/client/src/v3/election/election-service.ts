// Elections kept by the server: the v3election RPCs. For elections kept from here, see `etcd.election`.

import { Election, EtcdError, type LeaderKey, type MessageInit } from '@etcdkit/protocol'
import { noLimit } from '../call-defaults.ts'
import { text } from '../codec.ts'
import { Entry, type EntryScope } from '../entry.ts'
import { describeTarget, inputFailure } from '../failure.ts'
import { type Key, keyToBytes, typeName } from '../key.ts'
import type { LeaseRef } from '../kv-options.ts'
import { leaseIdOf } from '../kv-requests.ts'
import {
  assertInteger,
  assertOptions,
  type ReadOptions,
  type WriteOptions,
  writeOptionNames,
} from '../options.ts'
import { readableKey } from '../readable-key.ts'
import type { ServerStreamContext } from '../server-stream.ts'
import { callService, nothing, readNames, writeNames } from '../service-call.ts'
import { type ObserveOptions, observeLeaders } from './observe.ts'

/** How to stand for an election that the server keeps. */
export interface ServerCampaignOptions extends WriteOptions {
  /**
   * The lease of the candidate: when it ends, so does its leadership. Default: one that the server makes, of 60 seconds,
   * which nobody keeps alive.
   */
  readonly lease?: LeaseRef | undefined
}

/** What proves a leadership that the server keeps. */
export interface ServerLeadership {
  /** Name of the election. */
  readonly name: Key
  /** The key that holds the leadership: it lasts as long as the key exists. */
  readonly key: Key
  /** Revision at which the key came into being. */
  readonly revision: number
  /** Id of the lease, a decimal string. */
  readonly lease: string
}

const campaignNames = /* @__PURE__ */ writeOptionNames('lease')
const observeNames = /* @__PURE__ */ new Set(['signal', 'headers', 'requireLeader', 'endpoint'])
const leaderScope: EntryScope<string> = { prefixLength: 0, codec: text }

/**
 * The election service of the server: for elections that others hold by the same RPCs. It keeps a queue of its own, in the
 * layout of Go's `concurrency.Election`, so that both have one leader.
 *
 * @example
 * ```ts
 * import { Etcd } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * await using lease = await etcd.lease({ ttlSeconds: 10 })
 * const leadership = await etcd.electionService.campaign('primary', 'http://10.0.0.1', { lease })
 * console.log((await etcd.electionService.leader('primary'))?.value)
 * await etcd.electionService.resign(leadership)
 * ```
 */
export class ElectionService {
  readonly #context: ServerStreamContext

  /** @internal */
  constructor(context: ServerStreamContext) {
    this.#context = context
  }

  /**
   * Waits to lead; `value` is what the others are told then. There is no limit unless `timeoutMs` sets one; who gives up
   * stands no more. Again by the same lease, it is a proclamation. An error whose `outcome` is `unknown` may leave the
   * candidate standing until the lease ends. Rejects with `lease-not-found` for a lease that is none.
   */
  campaign(
    name: Key,
    value: string | Uint8Array,
    options?: ServerCampaignOptions,
  ): Promise<ServerLeadership> {
    const action = `campaign for ${describeTarget(name)}`
    return callService(this.#context.transport, Election.campaign, {
      action,
      options,
      names: campaignNames,
      defaults: noLimit,
      request: () => ({
        name: keyToBytes(name),
        value: text.encode(value),
        lease: options?.lease === undefined ? undefined : leaseIdOf(options.lease),
      }),
      result: ({ leader }) => leadershipOf(leader),
    })
  }

  /** Tells the others another value. Rejects with `election-not-leader` if the leadership is over. */
  proclaim(
    leadership: ServerLeadership,
    value: string | Uint8Array,
    options?: WriteOptions,
  ): Promise<void> {
    return callService(this.#context.transport, Election.proclaim, {
      action: 'proclaim',
      options,
      names: writeNames,
      request: () => ({ leader: leaderKeyOf(leadership), value: text.encode(value) }),
      result: nothing,
    })
  }

  /** Gives the leadership up. One that is over is fine. */
  resign(leadership: ServerLeadership, options?: WriteOptions): Promise<void> {
    return callService(this.#context.transport, Election.resign, {
      action: 'resign',
      options,
      names: writeNames,
      request: () => ({ leader: leaderKeyOf(leadership) }),
      result: nothing,
    })
  }

  /** Who leads: the key that holds the leadership, and as its value what the leader tells; `undefined` if nobody does. */
  async leader(name: Key, options?: ReadOptions): Promise<Entry<string> | undefined> {
    try {
      return await callService(this.#context.transport, Election.leader, {
        action: `tell the leader of ${describeTarget(name)}`,
        options,
        names: readNames,
        request: () => ({ name: keyToBytes(name) }),
        result: ({ kv }) => (kv === undefined ? undefined : new Entry(kv, leaderScope)),
      })
    } catch (error) {
      if (error instanceof EtcdError && error.code === 'election-no-leader') return undefined
      throw error
    }
  }

  /**
   * Who leads, and from then on each change of leader or value, across broken connections: after one it goes on with who
   * leads then, and what came and went meanwhile is not told. Ends when the loop is left or `signal` aborts. Bad input ends
   * the iteration.
   */
  async *observe(
    name: Key,
    options: ObserveOptions = {},
  ): AsyncGenerator<Entry<string>, void, undefined> {
    const action = `observe ${describeTarget(name)}`
    let bytes: Uint8Array
    try {
      assertOptions(options, observeNames)
      bytes = keyToBytes(name)
    } catch (error) {
      throw inputFailure(action, error)
    }
    yield* observeLeaders(this.#context, leaderScope, { name: bytes, action, options })
  }
}

function leadershipOf(leader: LeaderKey | undefined): ServerLeadership {
  if (leader === undefined) {
    throw new EtcdError('the answer has no leader', { code: 'protocol-error', outcome: 'unknown' })
  }
  const { name, key, rev, lease } = leader
  return { name: readableKey(name), key: readableKey(key), revision: rev, lease }
}

function leaderKeyOf(leadership: ServerLeadership): MessageInit<LeaderKey> {
  if (typeof leadership !== 'object' || leadership === null) {
    throw new TypeError(`a leadership is what campaign answers, not ${typeName(leadership)}`)
  }
  const { name, key, revision, lease } = leadership
  assertInteger(revision, 'revision')
  return { name: keyToBytes(name), key: keyToBytes(key), rev: revision, lease: leaseIdOf(lease) }
}
