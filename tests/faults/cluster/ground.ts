// A round on a real cluster.

import type { Etcd } from 'etcdkit'
import { History } from '../history/history.ts'
import type { ServerFacts } from '../round/context.ts'
import type { RoundPlan } from '../round/plan.ts'
import type { Ground } from '../round/round.ts'
import type { Schedule } from '../schedule/fault.ts'
import type { FaultLog } from '../schedule/fault-log.ts'
import { playSchedule } from '../schedule/play.ts'
import { type ClusterOptions, FaultCluster } from './fault-cluster.ts'
import { heal } from './member-actions.ts'

/** A cluster to play a round on. */
export class ClusterGround implements Ground {
  readonly history: History
  readonly facts: ServerFacts
  readonly #cluster: FaultCluster
  readonly #schedule: Schedule

  private constructor(cluster: FaultCluster, schedule: Schedule) {
    this.#cluster = cluster
    this.#schedule = schedule
    this.history = new History(cluster.admin)
    // The 3.4 of the tests is 3.4.23, and the 3.5 newer than all that is to be known of it.
    const isOld = cluster.options.version === '3.4'
    this.facts = {
      // Nor can they be sent on a stream of the gateway.
      progressRequests: !isOld && cluster.options.wire === 'gRPC',
      forcesCompaction: false,
      losesTombstones: isOld,
    }
  }

  static async start(cluster: ClusterOptions, schedule: Schedule): Promise<ClusterGround> {
    return new ClusterGround(await FaultCluster.start(cluster), schedule)
  }

  get log(): string {
    return this.#cluster.log
  }

  connect(): Etcd {
    return this.#cluster.connect()
  }

  watchtowers(): readonly Etcd[] {
    return this.#cluster.members.map((_, index) => this.#cluster.direct(index))
  }

  play(log: FaultLog, signal: AbortSignal): Promise<void> {
    const compact = async (keep: number): Promise<void> => {
      const revision = await this.history.compact(keep)
      log.note(revision === undefined ? 'nothing to compact' : `compacted at ${revision}`)
    }
    return playSchedule(this.#schedule, { cluster: this.#cluster, log, signal, compact })
  }

  heal(): Promise<void> {
    return heal(this.#cluster, async () => {
      await this.history.compact(0)
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#cluster[Symbol.asyncDispose]()
  }
}

/** Starts the cluster of a plan. */
export function startCluster({ server }: RoundPlan): Promise<Ground> {
  if (server.kind !== 'cluster') throw new TypeError('the round is not on a cluster')
  return ClusterGround.start(server.cluster, server.schedule)
}
