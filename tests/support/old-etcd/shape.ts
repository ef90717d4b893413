// What the parts of the fake know of one another.

import type { AdminConfig } from './admin-config.ts'
import type { Replica } from './replica.ts'

/** A member. */
export interface OldMember {
  readonly name: string
  /** Where keys are. */
  readonly clientUrl: string
  /** Where the admin API is. */
  readonly peerUrl: string
  /** Its copy of the store. */
  readonly replica: Replica
}

/** Something that a member was asked. */
export interface OldRequest {
  /** The member's name. */
  readonly member: string
  readonly port: 'client' | 'peer'
  readonly method: string
  readonly url: string
}

/** The cluster, as its members see it. */
export interface OldCluster {
  readonly members: readonly OldMember[]
  readonly leader: OldMember
  config: AdminConfig
  find(name: string): OldMember | undefined
  /** Takes a member out. */
  remove(name: string): void
  /** Changes the store of every member; answers what the leader's did. */
  write<T>(change: (replica: Replica) => T): T
}

/** Whether a member leads. */
export function isLeader(cluster: OldCluster, { name }: OldMember): boolean {
  return cluster.leader.name === name
}
