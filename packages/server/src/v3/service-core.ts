// What the services share.

import type { Store } from '../store/store.ts'
import type { MemberInfo } from './member.ts'
import type { Membership } from './membership.ts'

/** What the services work on. */
export interface ServiceCore {
  readonly store: Store
  readonly member: MemberInfo
  /** The cluster's members: that one, and those that were announced. */
  readonly membership: Membership
  readonly raftTerm: number
  readonly maxRequestBytes: number
  readonly maxTxnOps: number
  readonly quotaBytes: number
  /** The place of the last write in the raft log there would be. */
  raftIndex: number
}

/** A new member's log begins with its configuration, its name and the cluster's version. */
export const firstRaftIndex = 4
