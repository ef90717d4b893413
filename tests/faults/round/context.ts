// What a workload works with: clients, numbers, and places to tell what it found.

import type { Etcd } from 'etcdkit'
import type { History } from '../history/history.ts'
import type { FaultLog } from '../schedule/fault-log.ts'
import type { Random } from '../schedule/random.ts'
import type { Settling } from './settling.ts'
import type { Tally } from './tally.ts'
import type { Violations } from './violations.ts'

/** What is to be known of the server. */
export interface ServerFacts {
  /** Whether manual progress requests are to be trusted: not before etcd 3.4.25 and 3.5.8 (issue 15220). */
  readonly progressRequests: boolean
  /** Whether it may say that a watch was overtaken by compaction when it was not. */
  readonly forcesCompaction: boolean
  /** Whether a delete at the revision of a compaction may be forgotten: before etcd 3.4.36 and 3.5.18 (issue 19179). */
  readonly losesTombstones: boolean
}

/** What is common to all workloads of a round. */
export interface RoundContext extends ServerFacts {
  readonly random: Random
  readonly log: FaultLog
  readonly tally: Tally
  readonly violations: Violations
  readonly settling: Settling
  /** Says that no more work is to be begun. */
  readonly stop: AbortSignal
  /** Moments of this process, all different and in order. */
  moment(): number
  /** A client that meets the faults. The round closes it. */
  connect(): Etcd
  /** Clients that meet none, or as few as there can be, one for each member. The round closes them. */
  watchtowers(): readonly Etcd[]
}

/** Work under faults, and what must be true of it. */
export interface Workload {
  readonly name: string
  /** Resolves when everything it began has settled. After the faults: everything can succeed again. */
  finish(): Promise<void>
  /** Compares what it saw with what was. */
  check(history: History): Promise<void>
}
