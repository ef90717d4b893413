// What a round is like, drawn from its seed.

import type { ClusterOptions } from '../cluster/fault-cluster.ts'
import { memberCount } from '../cluster/fault-cluster.ts'
import { type Burst, generateBursts } from '../embedded/fault.ts'
import type { Schedule } from '../schedule/fault.ts'
import { generateSchedule } from '../schedule/generate.ts'
import { Random } from '../schedule/random.ts'

/** What can be left out of rounds. */
export const parts = ['writes', 'watches', 'leases', 'embedded'] as const

/** A workload, or the rounds on the embedded server. */
export type Part = (typeof parts)[number]

/** A workload. */
export type WorkloadName = Exclude<Part, 'embedded'>

/** What rounds are asked for. */
export interface PlanOptions {
  readonly only: readonly Part[]
  /** Whether all clusters speak TLS; else some do. */
  readonly tls: boolean
}

/** A round on paper. */
export interface RoundPlan {
  readonly seed: number
  readonly durationMs: number
  readonly workloads: readonly WorkloadName[]
  readonly server:
    | { readonly kind: 'cluster'; readonly cluster: ClusterOptions; readonly schedule: Schedule }
    | {
        readonly kind: 'embedded'
        readonly door: 'gRPC' | 'in-process'
        readonly bursts: readonly Burst[]
      }
}

const quotaBytes = 64 * 1024 * 1024
const embeddedMs = 15_000

/** Draws a round. The same seed and options give the same round. */
export function planRound(seed: number, { only, tls }: PlanOptions): RoundPlan {
  const random = new Random(seed)
  const chosen = only.filter((part) => part !== 'embedded')
  const workloads: readonly WorkloadName[] =
    chosen.length > 0 ? chosen : ['writes', 'watches', 'leases']
  const weights = {
    cluster: chosen.length > 0 ? 4 : 0,
    embedded: only.includes('embedded') ? 1 : 0,
  }
  if (random.weighted(weights) === 'embedded') {
    const door = random.pick(['gRPC', 'in-process'] as const)
    const bursts = generateBursts(random.fork(), embeddedMs)
    const server = { kind: 'embedded', door, bursts } as const
    return { seed, durationMs: embeddedMs, workloads, server }
  }
  const durationMs = random.integer(35_000, 60_000)
  const cluster = planCluster(random, tls)
  const holdsLeases = workloads.includes('leases') && (workloads.length === 1 || random.chance(0.5))
  const chosenWorkloads = workloads.filter((name) => name !== 'leases' || holdsLeases)
  const schedule = generateSchedule(random.fork(), {
    durationMs,
    members: memberCount,
    // One that stood still may revoke leases that others have renewed meanwhile: etcd issue 15247.
    pausesLeader: !holdsLeases,
    quota: cluster.quotaBytes !== undefined,
  })
  const server = { kind: 'cluster', cluster, schedule } as const
  return { seed, durationMs, workloads: chosenWorkloads, server }
}

function planCluster(random: Random, tls: boolean): ClusterOptions {
  const weights = { none: tls ? 0 : 3, server: 2, mutual: 1 }
  return {
    version: random.chance(0.25) ? '3.4' : '3.5',
    tls: random.weighted(weights),
    auth: random.weighted({ none: 3, simple: 2, jwt: 1 }),
    tokenTtlSeconds: random.integer(1, 4),
    quotaBytes: random.chance(0.4) ? quotaBytes : undefined,
  }
}

/** A line that says what a round is like. */
export function describeRound({ seed, durationMs, workloads, server }: RoundPlan): string {
  const seconds = Math.round(durationMs / 1000)
  const end = `${workloads.join('+')}, ${seconds} s`
  if (server.kind === 'embedded') return `seed ${seed}: embedded (${server.door}), ${end}`
  const { version, tls, auth, tokenTtlSeconds, quotaBytes: quota } = server.cluster
  const users = auth === 'none' ? 'no auth' : `${auth} tokens of ${tokenTtlSeconds} s`
  const disk = quota === undefined ? '' : ', quota'
  return `seed ${seed}: etcd ${version}, TLS ${tls}, ${users}${disk}, ${end}`
}
