// Starts real etcd for a test: one member or three, with or without TLS, gone without a trace on dispose.

import { requireEtcdBinary } from './etcd-binary.ts'
import { findLeader } from './etcd-leader.ts'
import { EtcdMember, PortTakenError } from './etcd-member.ts'
import { type EtcdOptions, minimumLeaseTtlSeconds } from './etcd-options.ts'
import { type ClusterPlan, planCluster } from './etcd-plan.ts'
import { reservePorts } from './ports.ts'
import { createTempFolder } from './temp-folder.ts'
import type { TlsFiles } from './tls-files.ts'

const maxStarts = 5

/** A running etcd. Disposing kills its processes, waits for their end and removes their data. */
export interface RunningEtcd extends AsyncDisposable {
  /** The exact version, such as `3.5.30`. */
  readonly version: string
  /** The URLs for clients, one a member, in the order of the members. */
  readonly endpoints: readonly string[]
  readonly members: readonly EtcdMember[]
  /** Where the server is asked for TLS: what it shows, and what clients need. */
  readonly tls: TlsFiles | undefined
  /** The path of the etcdctl of the same version. */
  readonly etcdctl: string | undefined
  /** A shorter lease is raised to this. */
  readonly minimumLeaseTtlSeconds: number
  /** The end of the members' logs. */
  readonly log: string
  /** The member that leads; waits for an election to end. */
  leader(): Promise<EtcdMember>
}

/**
 * Starts an etcd and resolves when every member serves.
 *
 * @example
 * ```ts
 * await using etcd = await startEtcd({ version: '3.5', members: 3, tls: 'mutual' })
 * await etcd.members[0].kill()
 * ```
 */
export async function startEtcd(options: EtcdOptions): Promise<RunningEtcd> {
  for (let starts = 1; ; starts++) {
    try {
      return await startOnce(options)
    } catch (error) {
      if (!(error instanceof PortTakenError) || starts === maxStarts) throw error
    }
  }
}

async function startOnce(options: EtcdOptions): Promise<RunningEtcd> {
  const binaries = requireEtcdBinary(options.version)
  const held: AsyncDisposable[] = []
  try {
    const folder = createTempFolder(`etcd-${options.version}`)
    held.push(folder)
    const reserved = await reservePorts(2 * (options.members ?? 1))
    held.push(reserved)
    const plan = await planCluster(options, binaries, folder.path, reserved.ports)
    const members = plan.members.map((member) => new EtcdMember(plan, member))
    held.push(...members)
    await Promise.all(members.map((member) => member.spawn()))
    await Promise.all(members.map((member) => member.untilReady()))
    return runningEtcd(plan, members, held)
  } catch (error) {
    await disposeAll(held)
    throw error
  }
}

function runningEtcd(
  plan: ClusterPlan,
  members: readonly EtcdMember[],
  held: readonly AsyncDisposable[],
): RunningEtcd {
  return {
    version: plan.binaries.version,
    endpoints: members.map(({ endpoint }) => endpoint),
    members,
    tls: plan.tls,
    etcdctl: plan.binaries.etcdctl,
    minimumLeaseTtlSeconds: minimumLeaseTtlSeconds(plan.timing),
    get log() {
      return members.map(({ name, log }) => `${name}:\n${log}`).join('\n')
    },
    leader: () => findLeader(members),
    [Symbol.asyncDispose]: () => disposeAll(held),
  }
}

/** Members first and all at once, then what they used. */
async function disposeAll(held: readonly AsyncDisposable[]): Promise<void> {
  const members = held.filter((one) => one instanceof EtcdMember)
  await Promise.all(members.map((member) => member[Symbol.asyncDispose]()))
  for (const one of held.toReversed()) await one[Symbol.asyncDispose]()
}
