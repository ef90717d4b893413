// Which member leads, by asking each for its status over etcd's JSON gateway.

import type { EtcdMember } from './etcd-member.ts'
import { askUntil } from './poll.ts'

const electionDeadlineMs = 60_000
// Short, as a frozen member never answers; only while nobody says to lead is it waited for.
const answerMs = 1000

/** The part of a StatusResponse's JSON that is read here. */
interface MemberStatus {
  readonly header?: { readonly member_id?: string }
  readonly leader?: string
}

/** The member that says of itself that it leads; waits for an election to end. Members that are down are passed over. */
export async function findLeader(members: readonly EtcdMember[]): Promise<EtcdMember> {
  const ask = (): Promise<EtcdMember | undefined> =>
    Promise.any(members.map(assertLeader)).catch(() => undefined)
  const isFound = (member: EtcdMember | undefined): boolean => member !== undefined
  const options = { what: 'a leader', deadlineMs: electionDeadlineMs }
  // What is found is one.
  return (await askUntil(ask, isFound, options)) as EtcdMember
}

/** Resolves with the member if it says that it leads; rejects otherwise. */
async function assertLeader(member: EtcdMember): Promise<EtcdMember> {
  const { body } = await member.request('/v3/maintenance/status', { body: {}, timeoutMs: answerMs })
  const status = JSON.parse(body) as MemberStatus // etcd's own JSON form of the message
  if (status.leader !== undefined && status.leader === status.header?.member_id) return member
  throw new Error(`${member.name} does not lead`)
}
