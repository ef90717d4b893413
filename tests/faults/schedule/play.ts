// Plays a schedule on a cluster: the network's faults overlap, those of members follow one another.

import type { FaultCluster } from '../cluster/fault-cluster.ts'
import {
  clearAlarms,
  fillDisk,
  leaderIndex,
  moveLeader,
  replaceMember,
} from '../cluster/member-actions.ts'
import { pause } from '../round/pause.ts'
import type { MemberChoice, MemberFault, NetworkFault, Schedule, Scheduled } from './fault.ts'
import type { FaultLog } from './fault-log.ts'

/** What a schedule is played on. */
export interface Stage {
  readonly cluster: FaultCluster
  readonly log: FaultLog
  /** Ends the playing: what is in force is undone. */
  readonly signal: AbortSignal
  /** Forgets all but the last revisions, once they have been noted. */
  compact(keep: number): Promise<void>
}

/** Resolves when all is played or the signal says so, and every fault is undone. */
export async function playSchedule(schedule: Schedule, stage: Stage): Promise<void> {
  await Promise.all([playNetwork(schedule.network, stage), playMembers(schedule.members, stage)])
}

async function playNetwork(
  faults: readonly Scheduled<NetworkFault>[],
  stage: Stage,
): Promise<void> {
  const running: Promise<void>[] = []
  for (const { afterMs, fault } of faults) {
    await pause(afterMs, stage.signal)
    if (stage.signal.aborted) break
    const { kind, ...details } = fault
    stage.log.begin(kind, JSON.stringify(details))
    running.push(
      networkFault(fault, stage).catch((error) =>
        stage.log.note(`${kind} failed: ${describeError(error)}`),
      ),
    )
  }
  await Promise.all(running)
}

async function networkFault(fault: NetworkFault, stage: Stage): Promise<void> {
  const proxies = fault.members.map((index) => stage.cluster.proxy(index))
  switch (fault.kind) {
    case 'cut':
      for (const proxy of proxies) proxy.cut(fault.mode)
      return
    case 'cut-at-byte':
      for (const proxy of proxies) proxy.cutAfter(fault)
      return
    case 'stall':
      return during(
        proxies.flatMap((proxy) => fault.directions.map((direction) => proxy.stall(direction))),
        ...([fault.forMs, stage] as const),
      )
    case 'drop-answers':
      return during(
        proxies.map((proxy) => proxy.dropAnswers()),
        fault.forMs,
        stage,
      )
    case 'delay':
      return during(
        proxies.map((proxy) => proxy.delay(fault.delayMs)),
        fault.forMs,
        stage,
      )
    case 'refuse': {
      const refusals = await Promise.all(proxies.map((proxy) => proxy.refuse()))
      if (fault.cut) for (const proxy of proxies) proxy.cut()
      await pause(fault.forMs, stage.signal)
      await Promise.all(refusals.map((refusal) => refusal[Symbol.asyncDispose]()))
    }
  }
}

async function during(faults: readonly Disposable[], forMs: number, stage: Stage): Promise<void> {
  await pause(forMs, stage.signal)
  for (const fault of faults) fault[Symbol.dispose]()
}

async function playMembers(faults: readonly Scheduled<MemberFault>[], stage: Stage): Promise<void> {
  for (const { afterMs, fault } of faults) {
    await pause(afterMs, stage.signal)
    if (stage.signal.aborted) return
    const { kind, ...details } = fault
    stage.log.begin(kind, JSON.stringify(details))
    try {
      await memberFault(fault, stage)
      stage.log.note(`${kind} is over`)
    } catch (error) {
      // Such as a leader that is gone before it can hand over: the schedule goes on.
      stage.log.note(`${kind} failed: ${describeError(error)}`)
    }
  }
}

async function memberFault(fault: MemberFault, stage: Stage): Promise<void> {
  const { cluster, signal } = stage
  switch (fault.kind) {
    case 'kill': {
      const member = cluster.member(await choose(fault.member, cluster))
      await member.kill()
      await pause(fault.forMs, signal)
      return member.restart()
    }
    case 'pause': {
      const member = cluster.member(await choose(fault.member, cluster))
      await member.pause()
      await pause(fault.forMs, signal)
      return member.resume()
    }
    case 'move-leader':
      return moveLeader(cluster, fault.to)
    case 'replace-member':
      return replaceMember(cluster, fault.member)
    case 'restart-all':
      await Promise.all(cluster.members.map((member) => member.kill()))
      await pause(fault.forMs, signal)
      await Promise.all(cluster.members.map((member) => member.restart()))
      return
    case 'no-space':
      await fillDisk(cluster, fault.forMs)
      await stage.compact(0)
      return clearAlarms(cluster)
    case 'compact':
      return stage.compact(fault.keep)
  }
}

async function choose(member: MemberChoice, cluster: FaultCluster): Promise<number> {
  if (typeof member === 'number') return member
  const leader = await leaderIndex(cluster)
  return member === 'leader' ? leader : (leader + 1) % cluster.members.length
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? String(error) : `${error}: ${describeError(error.cause)}`
}
