// The servers that behaviour suites run against. A new kind is one more entry in the table.

import { type EtcdOptions as ClientOptions, Etcd } from 'etcdkit'
import { Etcd as GatewayEtcd } from 'etcdkit/gateway'
import { type EmbeddedDoor, embeddedAvailability, startEmbedded } from './embedded-server.ts'
import { type EtcdVersion, etcdVersions, findEtcdBinary, missingEtcdReason } from './etcd-binary.ts'
import type { EtcdOptions } from './etcd-options.ts'
import { type RunningEtcd, startEtcd } from './etcd-server.ts'
import { embeddedGatewaySuites, gatewaySuites } from './gateway-suites.ts'
import { patientMs } from './patience.ts'
import type { TlsFiles } from './tls-files.ts'

/** What a suite may ask of its server. */
export type ServerOptions = Omit<EtcdOptions, 'version'>

/** What a suite may want of a client; `endpoints` to go through a proxy. Over a door without a socket only `timeoutMs`. */
export type ConnectOptions = Omit<ClientOptions, 'transport'>

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
  /** The suites that run on it without asking for it, by their names. Default: all. */
  readonly suites?: ReadonlySet<string>
  availability(options: ServerOptions): Availability
  start(options: ServerOptions): Promise<BehaviourServer>
}

/** Every kind, in the order in which suites run on them. */
export const serverKinds: readonly ServerKind[] = [
  embeddedKind('in-process'),
  embeddedKind('gRPC'),
  ...etcdVersions.map(etcdKind),
  overGateway(embeddedKind('gRPC'), { name: 'embedded (gateway)', suites: embeddedGatewaySuites }),
  overGateway(etcdKind('3.4'), { name: 'etcd 3.4 (gateway)', suites: new Set() }),
  overGateway(etcdKind('3.5'), { name: 'etcd 3.5 (gateway)', suites: gatewaySuites }),
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

/** The same servers, reached by their JSON gateway. */
function overGateway(
  kind: ServerKind,
  { name, suites }: { readonly name: string; readonly suites: ReadonlySet<string> },
): ServerKind {
  return {
    ...kind,
    name,
    suites,
    start: async (options) => {
      const server = await kind.start(options)
      return Object.assign(server, {
        connect: (given?: ConnectOptions) =>
          new GatewayEtcd({ endpoints: server.endpoints, timeoutMs: patientMs, ...given }),
      })
    },
  }
}

function connectable(server: RunningEtcd): BehaviourServer {
  const { endpoints } = server
  return Object.assign(server, {
    connect: (options?: ConnectOptions) =>
      new Etcd({ endpoints, timeoutMs: patientMs, ...options }),
  })
}

/** Whether etcd of a version can be started here. */
export function etcdAvailability(version: EtcdVersion): Availability {
  const binary = findEtcdBinary(version)
  return binary
    ? { state: 'available', version: binary.version }
    : { state: 'missing', reason: missingEtcdReason(version) }
}
