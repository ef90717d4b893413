// What a round is like, drawn from its seed.

import type { ClusterOptions } from '../cluster/fault-cluster.ts'
import { memberCount } from '../cluster/fault-cluster.ts'
import { type Burst, generateBursts } from '../embedded/fault.ts'
import type { Schedule } from '../schedule/fault.ts'
import { generateSchedule } from '../schedule/generate.ts'
import { Random } from '../schedule/random.ts'

/** What can be left out of rounds. */
export const parts = ['writes', 'watches', 'leases', 'recipes', 'embedded'] as const

/** A workload, or the rounds on the embedded server. */
export type Part = (typeof parts)[number]

/** A workload. */
export type WorkloadName = Exclude<Part, 'embedded'>

/** The ways clients have to a cluster, or to the embedded server by a socket. */
export const wires = ['gRPC', 'gateway'] as const

/** A way clients have to a server. */
export type Wire = (typeof wires)[number]

/** What rounds are asked for. */
export interface PlanOptions {
  readonly only: readonly Part[]
  /** Whether all clusters speak TLS; else some do. */
  readonly tls: boolean
  /** The way the clients that meet the faults have; each round its own if `undefined`. */
  readonly wire: Wire | undefined
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
        readonly door: Wire | 'in-process'
        readonly bursts: readonly Burst[]
      }
}

const quotaBytes = 64 * 1024 * 1024
const embeddedMs = 15_000

/** Draws a round. The same seed and options give the same round. */
export function planRound(seed: number, { only, tls, wire }: PlanOptions): RoundPlan {
  const random = new Random(seed)
  const chosen = only.filter((part) => part !== 'embedded')
  const workloads: readonly WorkloadName[] =
    chosen.length > 0 ? chosen : ['writes', 'watches', 'leases', 'recipes']
  const weights = {
    cluster: chosen.length > 0 ? 4 : 0,
    embedded: only.includes('embedded') ? 1 : 0,
  }
  if (random.weighted(weights) === 'embedded') {
    const door = wire ?? random.pick([...wires, 'in-process'] as const)
    const bursts = generateBursts(random.fork(), embeddedMs)
    const server = { kind: 'embedded', door, bursts } as const
    return { seed, durationMs: embeddedMs, workloads, server }
  }
  const durationMs = random.integer(35_000, 60_000)
  const cluster = planCluster(random, { tls, wire })
  const chosenWorkloads = drawWorkloads(random, workloads)
  const holdsLeases = chosenWorkloads.some((name) => name === 'leases' || name === 'recipes')
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

/** Not every round holds leases: the leader may stand still in those that do not. */
function drawWorkloads(random: Random, all: readonly WorkloadName[]): readonly WorkloadName[] {
  const chances: Readonly<Record<WorkloadName, number>> = {
    ...{ writes: 1, watches: 1, leases: 0.4, recipes: 0.4 },
  }
  const drawn = all.filter((name) => random.chance(chances[name]))
  return drawn.length > 0 ? drawn : all
}

function planCluster(random: Random, { tls, wire }: Omit<PlanOptions, 'only'>): ClusterOptions {
  const weights = { none: tls ? 0 : 3, server: 2, mutual: 1 }
  const cluster: ClusterOptions = {
    version: random.chance(0.25) ? '3.4' : '3.5',
    tls: random.weighted(weights),
    auth: random.weighted({ none: 3, simple: 2, jwt: 1 }),
    tokenTtlSeconds: random.integer(1, 4),
    quotaBytes: random.chance(0.4) ? quotaBytes : undefined,
    wire: wire ?? (random.chance(0.25) ? 'gateway' : 'gRPC'),
  }
  // Where there are users, etcd's gateway refuses who shows a certificate with a name.
  const isRefused = cluster.wire === 'gateway' && cluster.tls === 'mutual'
  return isRefused ? { ...cluster, auth: 'none' } : cluster
}

/** A line that says what a round is like. */
export function describeRound({ seed, durationMs, workloads, server }: RoundPlan): string {
  const seconds = Math.round(durationMs / 1000)
  const end = `${workloads.join('+')}, ${seconds} s`
  if (server.kind === 'embedded') return `seed ${seed}: embedded (${server.door}), ${end}`
  const { version, tls, auth, tokenTtlSeconds, quotaBytes: quota, wire } = server.cluster
  const users = auth === 'none' ? 'no auth' : `${auth} tokens of ${tokenTtlSeconds} s`
  const disk = quota === undefined ? '' : ', quota'
  return `seed ${seed}: etcd ${version} by ${wire}, TLS ${tls}, ${users}${disk}, ${end}`
}
