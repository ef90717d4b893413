// The faults of a round, as data: what a schedule is made of, and what a log shows.

import type { Direction } from '../proxy/link.ts'
import type { CutMode } from '../proxy/pipe.ts'

/** What the proxies do. Members are indexes. */
export type NetworkFault =
  | { readonly kind: 'cut'; readonly members: readonly number[]; readonly mode: CutMode }
  | {
      readonly kind: 'cut-at-byte'
      readonly members: readonly number[]
      readonly direction: Direction
      readonly bytes: number
      readonly mode: CutMode
      readonly links: 'open' | 'next'
    }
  | {
      readonly kind: 'stall'
      readonly members: readonly number[]
      readonly directions: readonly Direction[]
      readonly forMs: number
    }
  | { readonly kind: 'drop-answers'; readonly members: readonly number[]; readonly forMs: number }
  | {
      readonly kind: 'delay'
      readonly members: readonly number[]
      readonly delayMs: number
      readonly forMs: number
    }
  | {
      readonly kind: 'refuse'
      readonly members: readonly number[]
      /** Whether the connections that are there are broken as well. */
      readonly cut: boolean
      readonly forMs: number
    }

/** Whom a signal is for: an index, or who leads when it is sent, or does not. */
export type MemberChoice = number | 'leader' | 'follower'

/** What happens to members. */
export type MemberFault =
  | { readonly kind: 'kill'; readonly member: MemberChoice; readonly forMs: number }
  | { readonly kind: 'pause'; readonly member: MemberChoice; readonly forMs: number }
  | { readonly kind: 'move-leader'; readonly to: number }
  | { readonly kind: 'replace-member'; readonly member: number }
  | { readonly kind: 'restart-all'; readonly forMs: number }
  | { readonly kind: 'no-space'; readonly forMs: number }
  | { readonly kind: 'compact'; readonly keep: number }

/** Any fault on a cluster. */
export type ClusterFault = NetworkFault | MemberFault

/** A fault, and how long after the one before it has begun (network) or ended (members). */
export interface Scheduled<F> {
  readonly afterMs: number
  readonly fault: F
}

/** A round's faults: on the network several at a time, to members one after the other. */
export interface Schedule {
  readonly network: readonly Scheduled<NetworkFault>[]
  readonly members: readonly Scheduled<MemberFault>[]
}
