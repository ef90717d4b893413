// What is done to members while clients work: what a signal does, and what an operator does.

import { AlarmAction, AlarmType, Cluster, Maintenance } from '@etcdkit/protocol'
import { EtcdError } from 'etcdkit'
import { pollUntil } from '../../support/poll.ts'
import type { FaultCluster } from './fault-cluster.ts'

// For a machine that is busy with other things as well.
const patienceMs = 120_000
const callMs = 5000
const fillBytes = 1_000_000
const maxFills = 400

/** The index of the member that leads. */
export async function leaderIndex(cluster: FaultCluster): Promise<number> {
  let found = -1
  const ask = async (): Promise<boolean> => {
    const answers = await Promise.all(cluster.members.map((_, index) => isLeader(cluster, index)))
    found = answers.indexOf(true)
    return found >= 0
  }
  await pollUntil(ask, { what: 'a leader', deadlineMs: patienceMs, intervalMs: 50 })
  return found
}

async function isLeader(cluster: FaultCluster, index: number): Promise<boolean> {
  const status = await statusOf(cluster, index)
  return status !== undefined && status.leader === status.header?.memberId
}

async function statusOf(cluster: FaultCluster, index: number) {
  if (cluster.member(index).pid === undefined) return undefined
  const { endpoint } = cluster.member(index)
  try {
    return await cluster.admin.call(Maintenance.status, {}, { endpoint, timeoutMs: 1000 })
  } catch (error) {
    if (error instanceof EtcdError) return undefined
    throw error
  }
}

/** Has the leader hand over to another member. */
export async function moveLeader(cluster: FaultCluster, to: number): Promise<void> {
  const from = await leaderIndex(cluster)
  const target = from === to ? (to + 1) % cluster.members.length : to
  const status = await statusOf(cluster, target)
  if (status?.header === undefined) throw new Error(`member ${target} does not answer`)
  const { endpoint } = cluster.member(from)
  const request = { targetID: status.header.memberId }
  await cluster.admin.call(Maintenance.moveLeader, request, { endpoint, timeoutMs: callMs })
}

/** Removes a member from the cluster, and adds it again: as another member, with no data, at the same addresses. */
export async function replaceMember(cluster: FaultCluster, index: number): Promise<void> {
  const member = cluster.member(index)
  const others = cluster.members.filter((each) => each !== member)
  // It must not be asked to remove itself, nor to add what takes its place.
  const ask = { endpoint: others[0]?.endpoint ?? '', timeoutMs: callMs }
  await persist(`removing ${member.name}`, async () => {
    const { members } = await cluster.admin.call(Cluster.memberList, {}, ask)
    const found = members.find(({ peerURLs }) => peerURLs.includes(member.peerUrl))
    if (found) await cluster.admin.call(Cluster.memberRemove, { ID: found.ID }, ask)
  })
  await member.kill()
  await persist(`adding ${member.name}`, async () => {
    const { members } = await cluster.admin.call(Cluster.memberList, {}, ask)
    if (members.some(({ peerURLs }) => peerURLs.includes(member.peerUrl))) return
    await cluster.admin.call(Cluster.memberAdd, { peerURLs: [member.peerUrl] }, ask)
  })
  await member.rejoin()
}

/** Writes until the cluster has no space, and everything it is asked to write is refused. */
export async function fillDisk(cluster: FaultCluster, forMs: number): Promise<void> {
  const value = new Uint8Array(fillBytes)
  for (let fills = 0; fills < maxFills; fills++) {
    try {
      await cluster.admin.put('fill', value, { timeoutMs: callMs })
    } catch (error) {
      if (error instanceof EtcdError && error.code === 'no-space') break
      if (!(error instanceof EtcdError)) throw error
    }
  }
  await new Promise((resolve) => setTimeout(resolve, forMs))
}

/** Gives back what compaction has freed, member by member, and takes the alarm off. */
export async function clearAlarms(cluster: FaultCluster): Promise<void> {
  for (const { endpoint } of cluster.members) {
    await persist(`defragmenting ${endpoint}`, async () => {
      await cluster.admin.call(Maintenance.defragment, {}, { endpoint, timeoutMs: 30_000 })
    })
  }
  await persist('taking the alarms off', async () => {
    const all = { memberID: '0', alarm: AlarmType.NONE }
    const request = { action: AlarmAction.GET, ...all }
    const { alarms } = await cluster.admin.call(Maintenance.alarm, request, { timeoutMs: callMs })
    // One by one: none of them is everybody's.
    for (const { memberID, alarm } of alarms) {
      const off = { action: AlarmAction.DEACTIVATE, memberID, alarm }
      await cluster.admin.call(Maintenance.alarm, off, { timeoutMs: callMs })
    }
  })
}

/** Brings everything back: processes that are down, space where it may be short, and the readiness to write. */
export async function heal(cluster: FaultCluster, compact: () => Promise<void>): Promise<void> {
  await Promise.all(
    cluster.members.map((member) =>
      member.pid === undefined ? member.restart() : member.untilReady(),
    ),
  )
  if (cluster.options.quotaBytes !== undefined) {
    await compact()
    await clearAlarms(cluster)
  }
  await persist('writing after all is over', async () => {
    await cluster.admin.put('healed', 'yes', { timeoutMs: callMs })
  })
}

/** Tries again while the cluster is between leaders or not ready for a change of members. */
async function persist(what: string, job: () => Promise<void>): Promise<void> {
  const attempt = async (): Promise<boolean> => {
    await job()
    return true
  }
  await pollUntil(attempt, { what, deadlineMs: patienceMs, intervalMs: 200 })
}
