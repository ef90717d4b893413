// The Cluster service. No revision in its headers, as etcd has it.

import { Cluster, type ResponseHeader } from '@etcdkit/protocol'
import { readPeerUrls } from './peer-urls.ts'
import { type Service, unary } from './service.ts'
import type { ServiceCore } from './service-core.ts'

/** Every method of the service. A list is linearizable whether or not that is asked for. */
export function clusterServices(core: ServiceCore): readonly Service[] {
  const { store, membership } = core
  const answer = () => ({ header: clusterHeader(core), members: membership.members })
  return [
    unary(Cluster.memberList, (_, context) => {
      store.auth.assertUser(context)
      return answer()
    }),
    unary(Cluster.memberAdd, ({ peerURLs, isLearner }, context) => {
      const urls = readPeerUrls(peerURLs)
      store.auth.assertAdmin(context)
      const member = membership.add(urls, isLearner)
      core.raftIndex += 1
      return { ...answer(), member }
    }),
    unary(Cluster.memberRemove, ({ ID }, context) => {
      store.auth.assertAdmin(context)
      membership.remove(ID)
      core.raftIndex += 1
      return answer()
    }),
    unary(Cluster.memberUpdate, ({ ID, peerURLs }, context) => {
      store.auth.assertAdmin(context)
      // etcd does not look at them, and its process ends at the first that is none.
      membership.update(ID, readPeerUrls(peerURLs))
      core.raftIndex += 1
      return answer()
    }),
    unary(Cluster.memberPromote, ({ ID }, context) => {
      store.auth.assertAdmin(context)
      return membership.promote(ID)
    }),
  ]
}

function clusterHeader({ store }: ServiceCore): ResponseHeader {
  return { ...store.header(), revision: 0 }
}
