// The upkeep of members: how they are, their space, their leader, and snapshots of them.

import { EtcdError, Maintenance as MaintenanceService } from '@etcdkit/protocol'
import { noLimit } from '../call-defaults.ts'
import { Cluster } from '../cluster/cluster.ts'
import { describeMember, type MemberRef, oneMemberIdOf } from '../cluster/member-ref.ts'
import { failure, inputFailure } from '../failure.ts'
import { typeName } from '../key.ts'
import {
  assertInteger,
  assertOptions,
  type ReadOptions,
  readOptionNames,
  type WriteOptions,
} from '../options.ts'
import type { ServerStreamContext } from '../server-stream.ts'
import { callService, describeName, nothing, readNames, writeNames } from '../service-call.ts'

import { Alarms } from './alarms.ts'
import { Downgrade } from './downgrade.ts'
import { assertNotOlder, type MinorVersion, parseVersion } from './require-version.ts'
import {
  type HashKvResult,
  type HashResult,
  hashKvOf,
  type MemberStatus,
  statusOf,
} from './results.ts'
import { Snapshot, type SnapshotOptions, snapshotNames } from './snapshot.ts'

/** How to hash the keys of a member. */
export interface HashKvOptions extends ReadOptions {
  /** Up to this revision. Default: the newest. */
  readonly revision?: number | undefined
}

const hashKvNames = /* @__PURE__ */ readOptionNames('revision')

/**
 * The upkeep of members. Where a call concerns one member, `endpoint` says which, even one outside the configured
 * endpoints; without, it is whichever is next.
 *
 * @example
 * ```ts
 * import { Etcd } from 'etcdkit'
 *
 * await using etcd = new Etcd('http://a:2379,http://b:2379')
 * const { version, dbSizeBytes, isLeader } = await etcd.maintenance.status({ endpoint: 'http://b:2379' })
 * await etcd.maintenance.defragment({ endpoint: 'http://b:2379' })
 * ```
 */
export class Maintenance {
  readonly #context: ServerStreamContext
  /** What is wrong with members. */
  readonly alarms: Alarms
  /** Going back to the version before. */
  readonly downgrade: Downgrade

  /** @internal */
  constructor(context: ServerStreamContext) {
    this.#context = context
    this.alarms = new Alarms(context.transport)
    this.downgrade = new Downgrade(context.transport)
  }

  /** How a member is. */
  status(options?: ReadOptions): Promise<MemberStatus> {
    return callService(this.#context.transport, MaintenanceService.status, {
      action: 'tell the status of a member',
      options,
      names: readNames,
      request: () => ({}),
      result: statusOf,
    })
  }

  /**
   * Makes sure that every member runs a minor version of at least `version`, such as `3.5`: rejects with `old-cluster`
   * otherwise. Members are asked where they say that clients reach them; those that never started are left out.
   */
  async requireVersion(version: string, options: ReadOptions = {}): Promise<void> {
    const action = `find every member to run ${describeName(version)} or later`
    let least: MinorVersion
    try {
      least = parseVersion(version)
    } catch (error) {
      throw inputFailure(action, error)
    }
    const { members } = await new Cluster(this.#context.transport).list(options)
    for (const member of members) {
      const [endpoint] = member.clientUrls
      if (endpoint === undefined) continue
      const { version: running } = await this.status({ ...options, endpoint })
      try {
        assertNotOlder(member, running, least)
      } catch (error) {
        throw failure(action, error)
      }
    }
  }

  /**
   * Gives the free space of a member back to its disk. It answers nothing else meanwhile, which may take minutes: there is
   * no limit unless `timeoutMs` sets one. One member at a time, and the leader last.
   */
  defragment(options?: WriteOptions): Promise<void> {
    return callService(this.#context.transport, MaintenanceService.defragment, {
      action: 'defragment a member',
      options,
      names: writeNames,
      defaults: noLimit,
      request: () => ({}),
      result: nothing,
    })
  }

  /**
   * Hashes the whole database of a member, for tests of etcd itself: members that are alike may differ in it. No limit
   * unless `timeoutMs` sets one.
   */
  hash(options?: ReadOptions): Promise<HashResult> {
    return callService(this.#context.transport, MaintenanceService.hash, {
      action: 'hash the database of a member',
      options,
      names: readNames,
      defaults: noLimit,
      request: () => ({}),
      result: ({ hash }) => ({ hash }),
    })
  }

  /**
   * Hashes the keys of a member, all their history included, to see whether members are alike. No limit unless
   * `timeoutMs` sets one. Rejects with `compacted` or `future-revision` for a revision that is not there.
   */
  hashKv(options?: HashKvOptions): Promise<HashKvResult> {
    return callService(this.#context.transport, MaintenanceService.hashKV, {
      action: 'hash the keys of a member',
      options,
      names: hashKvNames,
      defaults: noLimit,
      request: () => {
        assertInteger(options?.revision, 'revision')
        return { revision: options?.revision }
      },
      result: hashKvOf,
    })
  }

  /**
   * The database of a member, as a stream of bytes that proves itself whole. Nothing is sent before it is iterated; bad
   * input, too, ends the iteration. No limit but for the opening, unless `timeoutMs` sets one for all of it. To write it
   * to a file, see `saveSnapshot`.
   */
  snapshot(options: SnapshotOptions = {}): Snapshot {
    try {
      assertOptions(options, snapshotNames)
      const { onProgress } = options
      if (onProgress !== undefined && typeof onProgress !== 'function') {
        throw new TypeError(`onProgress is a function, not ${typeName(onProgress)}`)
      }
      return new Snapshot(this.#context, options, undefined)
    } catch (error) {
      return new Snapshot(this.#context, {}, inputFailure('take a snapshot', error))
    }
  }

  /**
   * Makes another member the leader. The leader has to be asked: without an `endpoint` it is looked up in the member list
   * and called where it says that clients reach it. Rejects with `bad-leader-transferee` for a member that cannot lead.
   */
  async moveLeader(target: MemberRef, options?: WriteOptions): Promise<void> {
    try {
      await this.#moveLeader(target, options)
    } catch (error) {
      if (!(error instanceof EtcdError) || error.code !== 'not-leader') throw error
      if (options?.endpoint !== undefined) throw error
      const endpoint = await this.#leaderEndpoint(options)
      if (endpoint === undefined) throw error
      await this.#moveLeader(target, { ...options, endpoint })
    }
  }

  #moveLeader(target: MemberRef, options: WriteOptions | undefined): Promise<void> {
    return callService(this.#context.transport, MaintenanceService.moveLeader, {
      action: `make member ${describeMember(target)} the leader`,
      options,
      names: writeNames,
      request: () => ({ targetID: oneMemberIdOf(target) }),
      result: nothing,
    })
  }

  async #leaderEndpoint(options: WriteOptions | undefined): Promise<string | undefined> {
    const { signal, timeoutMs, headers } = options ?? {}
    const call = { signal, timeoutMs, headers }
    const { leader } = await this.status(call)
    const { members } = await new Cluster(this.#context.transport).list(call)
    return members.find(({ id }) => id === leader)?.clientUrls[0]
  }
}
