// Which member leads, by asking each for its status over etcd's JSON gateway.

import type { EtcdMember } from './etcd-member.ts'
import { pollUntil } from './poll.ts'

const electionDeadlineMs = 15_000
// Short, as a frozen member never answers.
const answerMs = 300

/** The part of a StatusResponse's JSON that is read here. */
interface MemberStatus {
  readonly header?: { readonly member_id?: string }
  readonly leader?: string
}

/** The member that says of itself that it leads; waits for an election to end. Members that are down are passed over. */
export async function findLeader(members: readonly EtcdMember[]): Promise<EtcdMember> {
  let leader: EtcdMember | undefined
  const ask = async (): Promise<boolean> => {
    const answers = await Promise.all(members.map(isLeader))
    leader = members.find((_, index) => answers[index])
    return leader !== undefined
  }
  await pollUntil(ask, { what: 'a leader', deadlineMs: electionDeadlineMs })
  // The poll ends well only when one was found.
  return leader as EtcdMember
}

async function isLeader(member: EtcdMember): Promise<boolean> {
  try {
    const { body } = await member.request('/v3/maintenance/status', {
      body: {},
      timeoutMs: answerMs,
    })
    const status = JSON.parse(body) as MemberStatus // etcd's own JSON form of the message
    return status.leader !== undefined && status.leader === status.header?.member_id
  } catch {
    return false
  }
}
