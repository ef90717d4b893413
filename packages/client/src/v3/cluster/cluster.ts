// Who is in the cluster, and changing that.

import {
  Cluster as ClusterService,
  type Member,
  type ResponseHeader,
  type Transport,
} from '@etcdkit/protocol'
import { type ReadOptions, readOptionNames, type WriteOptions } from '../options.ts'
import { callService, writeNames } from '../service-call.ts'
import { describeMember, type MemberRef, oneMemberIdOf } from './member-ref.ts'
import { checkPeerUrls } from './peer-urls.ts'

/** A member of the cluster. */
export interface ClusterMember {
  /** A decimal string. (`etcdctl` shows it in hexadecimal.) */
  readonly id: string
  /** Empty until it has started. */
  readonly name: string
  /** Where the other members reach it. */
  readonly peerUrls: readonly string[]
  /** Where clients reach it, as it says itself; empty until it has started. */
  readonly clientUrls: readonly string[]
  /** Whether it only learns, and has no vote. */
  readonly isLearner: boolean
}

/** The members, as they are after the call. */
export interface ClusterResult {
  /** A decimal string. */
  readonly clusterId: string
  readonly members: readonly ClusterMember[]
}

/** A member was added. */
export interface MemberAddResult extends ClusterResult {
  readonly member: ClusterMember
}

/** How to list the members. */
export interface MemberListOptions extends ReadOptions {
  /** Let the member asked answer from its own state, which may be stale, without asking its peers. */
  readonly serializable?: boolean | undefined
}

const listNames = /* @__PURE__ */ readOptionNames('serializable')

/**
 * The members of the cluster. Changing them needs the role `root` once auth is on, and a majority of the members in
 * any case.
 *
 * @example
 * ```ts
 * import { Etcd } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const { members } = await etcd.cluster.list()
 * for (const { id, name, clientUrls } of members) console.log(id, name, clientUrls)
 * ```
 */
export class Cluster {
  readonly #transport: Transport

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** Lists the members. Unless `serializable`, the cluster has to agree, so that a majority must be there. */
  list(options?: MemberListOptions): Promise<ClusterResult> {
    return callService(this.#transport, ClusterService.memberList, {
      action: 'list the members',
      options,
      names: listNames,
      request: () => ({ linearizable: options?.serializable !== true }),
      result: clusterResult,
    })
  }

  /**
   * Adds a member with a vote, which counts from now on: start it at once, or a cluster of one has lost its majority.
   * Rejects with `peer-url-exists` if one of the URLs is taken.
   */
  add(peerUrls: readonly string[], options?: WriteOptions): Promise<MemberAddResult> {
    return this.#add({ action: 'add a member', isLearner: false }, peerUrls, options)
  }

  /** Adds a member without a vote, to be promoted when it has caught up. Rejects with `too-many-learners`. */
  addLearner(peerUrls: readonly string[], options?: WriteOptions): Promise<MemberAddResult> {
    return this.#add({ action: 'add a learner', isLearner: true }, peerUrls, options)
  }

  /** Gives a learner its vote. Rejects with `learner-not-ready` until it has caught up, or `member-not-learner`. */
  promote(member: MemberRef, options?: WriteOptions): Promise<ClusterResult> {
    return callService(this.#transport, ClusterService.memberPromote, {
      action: `promote member ${describeMember(member)}`,
      options,
      names: writeNames,
      request: () => ({ ID: oneMemberIdOf(member) }),
      result: clusterResult,
    })
  }

  /** Changes where the other members reach one. Its `peerUrls` are replaced. */
  update(
    member: MemberRef,
    peerUrls: readonly string[],
    options?: WriteOptions,
  ): Promise<ClusterResult> {
    return callService(this.#transport, ClusterService.memberUpdate, {
      action: `update member ${describeMember(member)}`,
      options,
      names: writeNames,
      request: () => ({ ID: oneMemberIdOf(member), peerURLs: checkPeerUrls(peerUrls) }),
      result: clusterResult,
    })
  }

  /** Removes a member for good. Rejects with `member-not-found`, or `not-enough-started-members` for the last one. */
  remove(member: MemberRef, options?: WriteOptions): Promise<ClusterResult> {
    return callService(this.#transport, ClusterService.memberRemove, {
      action: `remove member ${describeMember(member)}`,
      options,
      names: writeNames,
      request: () => ({ ID: oneMemberIdOf(member) }),
      result: clusterResult,
    })
  }

  #add(
    { action, isLearner }: { readonly action: string; readonly isLearner: boolean },
    peerUrls: readonly string[],
    options: WriteOptions | undefined,
  ): Promise<MemberAddResult> {
    return callService(this.#transport, ClusterService.memberAdd, {
      action,
      options,
      names: writeNames,
      request: () => ({ peerURLs: checkPeerUrls(peerUrls), isLearner }),
      result: (response) => ({
        // etcd always tells it.
        member: memberOf(response.member ?? nobody),
        ...clusterResult(response),
      }),
    })
  }
}

function clusterResult(response: {
  readonly header: ResponseHeader | undefined
  readonly members: readonly Member[]
}): ClusterResult {
  return {
    clusterId: response.header?.clusterId ?? '0',
    members: response.members.map(memberOf),
  }
}

function memberOf({ ID, name, peerURLs, clientURLs, isLearner }: Member): ClusterMember {
  return { id: ID, name, peerUrls: peerURLs, clientUrls: clientURLs, isLearner }
}

const nobody: Member = { ID: '0', name: '', peerURLs: [], clientURLs: [], isLearner: false }
