// The servers that behaviour suites run against. A new kind is one more entry in the table.

import { type EtcdOptions as ClientOptions, Etcd } from 'etcdkit'
import { type EmbeddedDoor, embeddedAvailability, startEmbedded } from './embedded-server.ts'
import { type EtcdVersion, etcdVersions, findEtcdBinary, missingEtcdReason } from './etcd-binary.ts'
import type { EtcdOptions } from './etcd-options.ts'
import { type RunningEtcd, startEtcd } from './etcd-server.ts'
import type { TlsFiles } from './tls-files.ts'

/** What a suite may ask of its server. */
export type ServerOptions = Omit<EtcdOptions, 'version'>

/** What a suite may want of a client, beside where the server is. Over a door without a socket only `timeoutMs`. */
export type ConnectOptions = Omit<ClientOptions, 'endpoints' | 'transport'>

/** A running server, whatever its kind. */
export interface BehaviourServer extends AsyncDisposable {
  /** The exact version, such as `3.5.30`. */
  readonly version: string
  readonly endpoints: readonly string[]
  readonly tls: TlsFiles | undefined
  /** A shorter lease is raised to this. */
  readonly minimumLeaseTtlSeconds: number
  /** The end of its log, shown when a test fails. */
  readonly log: string
  /** A client of its own for whoever asks, by the way that makes the kind; they close it. */
  connect(options?: ConnectOptions): Etcd
}

/** Whether a server of a kind can be had: `missing` is made good by the user, `unfit` is in the nature of the kind. */
export type Availability =
  | { readonly state: 'available'; readonly version: string }
  | { readonly state: 'missing' | 'unfit'; readonly reason: string }

/** A kind of server. */
export interface ServerKind {
  /** As it stands in suite names and in the summary: `etcd 3.5`. */
  readonly name: string
  availability(options: ServerOptions): Availability
  start(options: ServerOptions): Promise<BehaviourServer>
}

/** Every kind, in the order in which suites run on them. */
export const serverKinds: readonly ServerKind[] = [
  embeddedKind('in-process'),
  embeddedKind('gRPC'),
  ...etcdVersions.map(etcdKind),
]

function embeddedKind(door: EmbeddedDoor): ServerKind {
  return {
    name: `embedded (${door})`,
    availability: (options) => embeddedAvailability(door, options),
    start: (options) => startEmbedded(door, options),
  }
}

function etcdKind(version: EtcdVersion): ServerKind {
  return {
    name: `etcd ${version}`,
    availability: () => etcdAvailability(version),
    start: async (options) => connectable(await startEtcd({ ...options, version })),
  }
}

function connectable(server: RunningEtcd): BehaviourServer {
  const { endpoints } = server
  return Object.assign(server, {
    connect: (options?: ConnectOptions) => new Etcd({ endpoints, ...options }),
  })
}

/** Whether etcd of a version can be started here. */
export function etcdAvailability(version: EtcdVersion): Availability {
  const binary = findEtcdBinary(version)
  return binary
    ? { state: 'available', version: binary.version }
    : { state: 'missing', reason: missingEtcdReason(version) }
}
