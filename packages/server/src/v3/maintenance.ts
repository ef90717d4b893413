// The Maintenance service, as far as there is something to maintain.

import { type AlarmMember, AlarmType, Maintenance, StatusResponse } from '@etcdkit/protocol'
import { type Service, unary } from './service.ts'
import type { ServiceCore } from './service-core.ts'
import { clusterVersion, serverVersion } from './version.ts'

/** Status, Alarm, Hash, HashKV, Defragment. */
export function maintenanceServices(core: ServiceCore): readonly Service[] {
  const { store } = core
  return [
    unary(Maintenance.status, () => describeStatus(core)),
    unary(Maintenance.alarm, (request) => {
      if (request.action !== 0) core.raftIndex += 1
      return store.alarm(request)
    }),
    unary(Maintenance.hash, () => ({ header: store.header(), hash: store.hashKv(0).hash })),
    unary(Maintenance.hashKV, (request) => store.hashKv(request.revision)),
    unary(Maintenance.defragment, () => {
      store.defragment()
      // No header, as etcd has it.
      return { header: undefined }
    }),
  ]
}

function describeStatus(core: ServiceCore): StatusResponse {
  const { store, member, raftTerm, raftIndex } = core
  return StatusResponse.create({
    header: store.header(),
    version: serverVersion,
    dbSize: store.sizeBytes,
    dbSizeInUse: store.sizeInUseBytes,
    dbSizeQuota: Math.max(core.quotaBytes, 0),
    leader: member.memberId,
    raftIndex,
    raftAppliedIndex: raftIndex,
    raftTerm,
    errors: store.alarms.map(describeAlarm),
    storageVersion: clusterVersion,
    downgradeInfo: {},
  })
}

/** With the blank at its end. Source: etcd `api/etcdserverpb`, AlarmMember.String. */
function describeAlarm({ memberID, alarm }: AlarmMember): string {
  const name = Object.entries(AlarmType).find(([, number]) => number === alarm)?.[0] ?? alarm
  const who = memberID === '0' ? '' : `memberID:${memberID} `
  return `${who}alarm:${name} `
}
