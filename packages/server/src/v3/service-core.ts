// What the services share.

import type { Store } from '../store/store.ts'
import type { MemberInfo } from './member.ts'

/** What the services work on. */
export interface ServiceCore {
  readonly store: Store
  readonly member: MemberInfo
  readonly raftTerm: number
  readonly maxRequestBytes: number
  readonly maxTxnOps: number
  readonly quotaBytes: number
  /** The place of the last write in the raft log there would be. */
  raftIndex: number
}

/** A new member's log begins with its configuration, its name and the cluster's version. */
export const firstRaftIndex = 4
