// What members tell of themselves.

import type { HashKVResponse, StatusResponse } from '@etcdkit/protocol'

/** How a member is. */
export interface MemberStatus {
  /** The member asked, a decimal string, as all ids are. */
  readonly memberId: string
  readonly clusterId: string
  /** Version of etcd it runs, such as `3.5.30`. */
  readonly version: string
  /** Version of its storage schema, such as `3.6.0`. Servers before 3.6 do not tell. */
  readonly storageVersion: string | undefined
  /** The store's newest revision, as far as it knows. */
  readonly revision: number
  /** The member it believes to lead; `undefined` for none. */
  readonly leader: string | undefined
  /** Whether that is itself. */
  readonly isLeader: boolean
  /** Whether it only learns, and has no vote. */
  readonly isLearner: boolean
  readonly raftTerm: number
  /** Last raft index it has committed. */
  readonly raftIndex: number
  /** Last raft index it has applied. */
  readonly raftAppliedIndex: number
  /** What its database takes on disk. */
  readonly dbSizeBytes: number
  /** What of that is in use; the rest is what `defragment` gives back. */
  readonly dbSizeInUseBytes: number
  /** What it may grow to. Servers before 3.6 do not tell. */
  readonly dbSizeQuotaBytes: number | undefined
  /** What is wrong, in words: alarms, and that there is no leader. */
  readonly errors: readonly string[]
  /** The version that the cluster is being taken back to; `undefined` if it is not, and from servers before 3.6. */
  readonly downgradeTarget: string | undefined
}

/** A hash of a member's keys. Two members are alike where the hash and the two revisions are. */
export interface HashKvResult {
  readonly hash: number
  /** Revision it was made at. Servers before 3.6 do not tell. */
  readonly hashRevision: number | undefined
  /** Revision the member was compacted at; `undefined` if it never was. */
  readonly compactRevision: number | undefined
  /** The store's newest revision. */
  readonly revision: number
}

/** A hash of a member's whole database. */
export interface HashResult {
  readonly hash: number
}

const nobody = '0'

export function statusOf(response: StatusResponse): MemberStatus {
  const { header, leader, downgradeInfo } = response
  const { version, isLearner, raftTerm, raftIndex, raftAppliedIndex, errors } = response
  const memberId = header?.memberId ?? nobody
  return {
    memberId,
    clusterId: header?.clusterId ?? nobody,
    version,
    storageVersion: response.storageVersion || undefined,
    revision: header?.revision ?? 0,
    leader: leader === nobody ? undefined : leader,
    isLeader: leader !== nobody && leader === memberId,
    isLearner,
    raftTerm,
    raftIndex,
    raftAppliedIndex,
    dbSizeBytes: response.dbSize,
    dbSizeInUseBytes: response.dbSizeInUse,
    dbSizeQuotaBytes: response.dbSizeQuota || undefined,
    errors,
    downgradeTarget: downgradeInfo?.enabled === true ? downgradeInfo.targetVersion : undefined,
  }
}

export function hashKvOf(response: HashKVResponse): HashKvResult {
  const { header, hash, hashRevision, compactRevision } = response
  return {
    hash,
    hashRevision: hashRevision || undefined,
    // Minus one: it never was. A revision of 0 is one to compact at.
    compactRevision: compactRevision < 0 ? undefined : compactRevision,
    revision: header?.revision ?? 0,
  }
}
