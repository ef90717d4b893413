// The Maintenance service.

import { type AlarmMember, AlarmType, Maintenance, StatusResponse } from '@etcdkit/protocol'
import { Downgrade } from './downgrade.ts'
import { type Service, streaming, unary } from './service.ts'
import type { ServiceCore } from './service-core.ts'
import { writeSnapshot } from './snapshot/snapshot-content.ts'
import { SnapshotHandler } from './snapshot/snapshot-stream.ts'
import { refusal } from './status.ts'
import { clusterVersion, serverVersion } from './version.ts'

/** Every method of the service. */
export function maintenanceServices(core: ServiceCore): readonly Service[] {
  const { store } = core
  const downgrade = new Downgrade()
  return [
    unary(Maintenance.status, (_, context) => {
      store.auth.assertUser(context)
      return describeStatus(core, downgrade)
    }),
    unary(Maintenance.alarm, (request, context) => {
      if (request.action !== 0) core.raftIndex += 1
      return store.alarm(request, context)
    }),
    ...rootServices(core, downgrade),
    streaming(Maintenance.snapshot, (sink, context) => {
      const write = () => {
        store.auth.assertAdmin(context)
        return writeSnapshot(core)
      }
      return new SnapshotHandler(write, sink)
    }),
  ]
}

/** Those that take the role root. No header where etcd has none. */
function rootServices(core: ServiceCore, downgrade: Downgrade): readonly Service[] {
  const { store } = core
  const { auth } = store
  return [
    unary(Maintenance.hash, (_, context) => {
      auth.assertAdmin(context)
      return { header: store.header(), hash: store.hashKv(0).hash }
    }),
    unary(Maintenance.hashKV, (request, context) => {
      auth.assertAdmin(context)
      return store.hashKv(request.revision)
    }),
    unary(Maintenance.defragment, (_, context) => {
      auth.assertAdmin(context)
      store.defragment()
      return { header: undefined }
    }),
    unary(Maintenance.moveLeader, ({ targetID }, context) => {
      auth.assertAdmin(context)
      assertLeaderCanBe(core, targetID)
      return { header: undefined }
    }),
    unary(Maintenance.downgrade, (request, context) => {
      auth.assertAdmin(context)
      const version = downgrade.handle(request)
      return { header: store.header(), version }
    }),
  ]
}

/** Throws `bad-leader-transferee` for one that cannot lead, and what etcd says, in time, of one that never comes. */
function assertLeaderCanBe({ membership, member }: ServiceCore, id: string): void {
  const target = membership.find(id)
  if (target === undefined || target.isLearner) throw refusal('bad-leader-transferee')
  if (id !== member.memberId) {
    throw refusal('timeout', 'etcdserver: request timed out, leader transfer took too long')
  }
}

function describeStatus(core: ServiceCore, downgrade: Downgrade): StatusResponse {
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
    downgradeInfo: downgrade.info,
  })
}

/** With the blank at its end. Source: etcd `api/etcdserverpb`, AlarmMember.String. */
function describeAlarm({ memberID, alarm }: AlarmMember): string {
  const name = Object.entries(AlarmType).find(([, number]) => number === alarm)?.[0] ?? alarm
  const who = memberID === '0' ? '' : `memberID:${memberID} `
  return `${who}alarm:${name} `
}
