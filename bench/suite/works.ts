// What the suite measures, with whom, and what is asked of it.

import type { Job, Work } from './job.ts'

/** Who is measured: a file in `bench/peers/suite`, or the Go program. */
export type PeerName =
  | 'etcdkit'
  | 'etcd3'
  | 'grpc-js'
  | 'go'
  | 'gateway'
  | 'undici'
  | 'v2'
  | 'etcdjs'
  | 'node-etcd'
  | 'undici-v2'

/** Which server is asked. */
export type ServerName = 'etcd' | 'etcd-tls' | 'etcd-bulk' | 'etcd-v2' | 'embedded'

/** What of a measurement is compared. */
export type Figure = 'cpu' | 'rate' | 'p50' | 'peak'

/** What is asked of our figure, as a part of a peer's. */
export interface Target {
  readonly figure: Figure
  readonly peer: PeerName
  /** Ours divided by theirs is at most this; of a rate, at least. */
  readonly ratio: number
}

/** A row of the suite: one job, done by several peers. */
export interface Row {
  readonly name: string
  readonly server: ServerName
  readonly job: Pick<Job, 'work'> & Partial<Omit<Job, 'endpoint' | 'ca' | 'peers'>>
  readonly peers: readonly PeerName[]
  /** Who of the peers is ours. */
  readonly ours: PeerName
  readonly targets: readonly Target[]
  /** How often it is measured at most: once is enough where once takes a minute. */
  readonly rounds?: number
}

const grpcPeers = ['etcdkit', 'etcd3', 'grpc-js', 'go'] as const
const clients = ['etcdkit', 'etcd3', 'go'] as const

const small = { bytes: 32 } as const

function target(figure: Figure, peer: PeerName, ratio: number): Target {
  return { figure, peer, ratio }
}

const atOne = [target('p50', 'go', 0.8), target('cpu', 'go', 0.5)]
const atMany = [
  target('cpu', 'etcd3', 0.08),
  target('cpu', 'go', 0.4),
  target('rate', 'etcd3', 4.5),
  target('rate', 'go', 1.4),
]
const unaryTargets: Readonly<Record<number, readonly Target[]>> = {
  1: atOne,
  128: atMany,
  1024: atMany,
}

function unary(work: Work & ('put' | 'get')): Row[] {
  return [1, 16, 128, 1024].map((inFlight) => ({
    name: `${work}, ${inFlight} in flight`,
    server: 'etcd',
    job: { work, inFlight, ...small },
    peers: grpcPeers,
    ours: 'etcdkit',
    targets: unaryTargets[inFlight] ?? [],
  }))
}

function overTls(work: Work & ('put' | 'get')): Row {
  return {
    name: `${work} over TLS, 128 in flight`,
    server: 'etcd-tls',
    job: { work, inFlight: 128, ...small },
    peers: clients,
    ours: 'etcdkit',
    targets: [target('cpu', 'etcd3', 0.2), target('rate', 'go', 1)],
  }
}

function sized(label: string, bytes: number): Row {
  return {
    name: `put of ${label}, 16 in flight`,
    // One of their own: gigabytes of values slow down whatever is measured after them.
    server: 'etcd-bulk',
    job: { work: 'put', inFlight: 16, bytes },
    peers: clients,
    ours: 'etcdkit',
    targets: [target('rate', 'go', 1)],
  }
}

const v2Names = { put: 'set', get: 'get', wait: 'set and wait' } as const

function v2(work: keyof typeof v2Names, inFlight: number): Row {
  return {
    name: `v2 ${v2Names[work]}, ${inFlight} in flight`,
    server: 'etcd-v2',
    job: { work, inFlight, ...small },
    peers: ['v2', 'etcdjs', 'node-etcd', 'undici-v2'],
    ours: 'v2',
    targets: [target('cpu', 'etcdjs', 0.4)],
  }
}

function gateway(work: Work & ('put' | 'get')): Row {
  return {
    name: `gateway ${work}, 16 in flight`,
    server: 'etcd',
    job: { work, inFlight: 16, ...small },
    peers: ['gateway', 'undici'],
    ours: 'gateway',
    targets: [target('cpu', 'undici', 1.3)],
  }
}

function watching(work: Work & ('watch' | 'watchers'), name: string): Row {
  return {
    name,
    server: 'etcd',
    job: { work, count: 200_000 },
    peers: clients,
    ours: 'etcdkit',
    targets: [target('rate', 'etcd3', 3), target('rate', 'go', 1)],
  }
}

/** The rows, in the order in which they are measured. */
export const suiteRows: readonly Row[] = [
  ...unary('put'),
  ...unary('get'),
  overTls('put'),
  overTls('get'),
  sized('1 kB', 1000),
  sized('64 kB', 64_000),
  sized('1 MB', 1_000_000),
  {
    name: 'txn with a compare, 128 in flight',
    server: 'etcd',
    job: { work: 'txn', inFlight: 128, ...small },
    peers: clients,
    ours: 'etcdkit',
    targets: [target('cpu', 'etcd3', 0.1)],
  },
  {
    name: 'list of 10,000 entries of 100 B',
    server: 'etcd',
    job: { work: 'list', inFlight: 1, count: 10_000 },
    peers: grpcPeers,
    ours: 'etcdkit',
    targets: [target('cpu', 'etcd3', 0.15), target('cpu', 'go', 0.8)],
  },
  {
    name: 'scan of 1,000,000 entries',
    rounds: 1,
    server: 'etcd',
    job: { work: 'scan', count: 1_000_000 },
    peers: ['etcdkit', 'go'],
    ours: 'etcdkit',
    targets: [],
  },
  watching('watch', 'watch, 200,000 events in transactions of 100'),
  watching('watchers', '1,000 watchers, 200 events each'),
  {
    name: '10,000 leases kept alive, TTL 10 s',
    server: 'etcd',
    job: { work: 'leases', count: 10_000, seconds: 10 },
    peers: clients,
    ours: 'etcdkit',
    targets: [target('cpu', 'etcd3', 0.1)],
  },
  {
    name: 'lock and unlock',
    server: 'etcd',
    job: { work: 'lock', inFlight: 1 },
    peers: clients,
    ours: 'etcdkit',
    targets: [target('rate', 'go', 1)],
  },
  v2('put', 16),
  v2('get', 16),
  v2('wait', 1),
  gateway('put'),
  gateway('get'),
  {
    name: 'embedded server: put, 64 in flight',
    server: 'embedded',
    job: { work: 'put', inFlight: 64, ...small },
    peers: ['etcdkit', 'go'],
    ours: 'etcdkit',
    targets: [],
  },
]
