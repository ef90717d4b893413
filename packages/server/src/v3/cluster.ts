// The Cluster service of a cluster of one.

import { Cluster, type Member } from '@etcdkit/protocol'
import { type Service, unary } from './service.ts'
import type { ServiceCore } from './service-core.ts'

/** MemberList. No revision in its header, as etcd has it. */
export function clusterServices(core: ServiceCore): readonly Service[] {
  return [
    unary(Cluster.memberList, () => ({
      header: { ...core.store.header(), revision: 0 },
      members: [describeMember(core)],
    })),
  ]
}

function describeMember({ member }: ServiceCore): Member {
  return {
    ID: member.memberId,
    name: member.name,
    peerURLs: member.peerUrls,
    clientURLs: member.clientUrls,
    isLearner: false,
  }
}
