// `/metrics`: what dashboards of etcd look at, in the text format of Prometheus.

import type { Route } from '../v3/route.ts'
import { clusterVersion, serverVersion } from '../v3/version.ts'
import type { PlainSource } from './plain-page.ts'

interface Sample {
  readonly labels?: Readonly<Record<string, string>>
  readonly value: number
}

interface Family {
  readonly name: string
  readonly type: 'gauge' | 'counter'
  readonly help: string
  readonly samples: readonly Sample[]
}

/** All families. */
export function renderMetrics(source: PlainSource): string {
  const families = [
    ...serverFamilies(source),
    ...storeFamilies(source),
    ...callFamilies(source),
    ...processFamilies(),
  ]
  return families.map(renderFamily).join('')
}

function gauge(name: string, help: string, value: number, labels?: Sample['labels']): Family {
  return { name, type: 'gauge', help, samples: [labels ? { value, labels } : { value }] }
}

function counter(name: string, help: string, value: number): Family {
  return { name, type: 'counter', help, samples: [{ value }] }
}

function serverFamilies({ core }: PlainSource): Family[] {
  const id = BigInt(core.member.memberId).toString(16)
  return [
    gauge('etcd_cluster_version', 'Which version is running. 1 for its label.', 1, {
      cluster_version: clusterVersion.replace(/\.\d+$/, ''),
    }),
    gauge('etcd_server_version', 'Which version is running. 1 for its label.', 1, {
      server_version: serverVersion,
    }),
    gauge('etcd_server_id', 'Member id in hexadecimal. 1 for its label.', 1, { server_id: id }),
    gauge('etcd_server_has_leader', 'Whether there is a leader.', 1),
    gauge('etcd_server_is_leader', 'Whether this member leads.', 1),
    gauge('etcd_server_is_learner', 'Whether this member is a learner.', 0),
    counter('etcd_server_leader_changes_seen_total', 'Leader changes seen.', 1),
    gauge('etcd_server_proposals_applied_total', 'Proposals applied.', core.raftIndex),
    gauge('etcd_server_proposals_committed_total', 'Proposals committed.', core.raftIndex),
    gauge('etcd_server_proposals_pending', 'Proposals waiting.', 0),
    counter('etcd_server_proposals_failed_total', 'Proposals failed.', 0),
    gauge('etcd_server_quota_backend_bytes', 'Quota of the store in bytes.', core.quotaBytes),
  ]
}

function storeFamilies({ core, dispatcher, watches }: PlainSource): Family[] {
  const { store } = core
  const calls = (path: string): number =>
    dispatcher.find(`/etcdserverpb.${path}`)?.handled.get(0) ?? 0
  return [
    counter('etcd_mvcc_range_total', 'Ranges.', calls('KV/Range')),
    counter('etcd_mvcc_put_total', 'Puts.', calls('KV/Put')),
    counter('etcd_mvcc_delete_total', 'Deletes.', calls('KV/DeleteRange')),
    counter('etcd_mvcc_txn_total', 'Transactions.', calls('KV/Txn')),
    gauge('etcd_mvcc_db_total_size_in_bytes', 'Size of the store.', store.sizeBytes),
    gauge('etcd_mvcc_db_total_size_in_use_in_bytes', 'Size in use.', store.sizeInUseBytes),
    gauge('etcd_debugging_mvcc_current_revision', 'The newest revision.', store.revision),
    gauge('etcd_debugging_mvcc_compact_revision', 'The last compaction.', store.compactRevision),
    gauge('etcd_debugging_mvcc_watch_stream_total', 'Watch streams.', watches.streams),
    gauge('etcd_debugging_mvcc_watcher_total', 'Watchers.', watches.watchers),
    counter('etcd_debugging_lease_granted_total', 'Leases granted.', calls('Lease/LeaseGrant')),
    counter('etcd_debugging_lease_revoked_total', 'Leases revoked.', calls('Lease/LeaseRevoke')),
  ]
}

function callFamilies({ dispatcher }: PlainSource): Family[] {
  const routes = [...dispatcher.routes]
  return [
    {
      name: 'grpc_server_started_total',
      type: 'counter',
      help: 'RPCs begun.',
      samples: routes.map((route) => ({ labels: methodLabels(route), value: route.started })),
    },
    {
      name: 'grpc_server_handled_total',
      type: 'counter',
      help: 'RPCs ended, by status.',
      samples: routes.flatMap((route) =>
        [...route.handled].map(([status, value]) => ({
          labels: { grpc_code: goNames[status] ?? 'Unknown', ...methodLabels(route) },
          value,
        })),
      ),
    },
  ]
}

const goNames: readonly string[] = [
  'OK Canceled Unknown InvalidArgument DeadlineExceeded NotFound AlreadyExists PermissionDenied',
  'ResourceExhausted FailedPrecondition Aborted OutOfRange Unimplemented Internal Unavailable',
  'DataLoss Unauthenticated',
].flatMap((line) => line.split(' '))

function methodLabels({ service: { method } }: Route): Readonly<Record<string, string>> {
  return {
    grpc_method: method.name,
    grpc_service: method.service,
    grpc_type: method.kind.replaceAll('-', '_').replace('_streaming', '_stream'),
  }
}

function processFamilies(): Family[] {
  const { rss } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  const startSeconds = Math.round(Date.now() / 1000 - process.uptime())
  return [
    gauge('process_resident_memory_bytes', 'Resident memory.', rss),
    gauge('process_start_time_seconds', 'When the process began.', startSeconds),
    counter('process_cpu_seconds_total', 'CPU time.', (user + system) / 1e6),
  ]
}

function renderFamily({ name, type, help, samples }: Family): string {
  const head = `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`
  return (
    head + samples.map(({ labels, value }) => `${name}${renderLabels(labels)} ${value}\n`).join('')
  )
}

function renderLabels(labels: Sample['labels']): string {
  if (labels === undefined) return ''
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value}"`)
  return `{${pairs.join(',')}}`
}
