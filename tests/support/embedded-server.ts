import { patientMs } from './patience.ts'
// The embedded etcd as one of the servers that suites run on: over gRPC, or without a socket.

import { EtcdServer, type EtcdServerOptions, type ServerTlsOptions } from '@etcdkit/server'
import { Etcd } from 'etcdkit'
import { optionsOf, readCommandLine } from '../../packages/server/src/listen/command-line.ts'
import { serverVersion } from '../../packages/server/src/v3/version.ts'
import { type EtcdOptions, etcdTiming, minimumLeaseTtlSeconds } from './etcd-options.ts'
import type { Availability, BehaviourServer } from './server-kinds.ts'
import { createTempFolder } from './temp-folder.ts'
import { type TlsFiles, writeTlsFiles } from './tls-files.ts'

/** How its clients reach it. Either way it listens too, for what suites ask of it over HTTP. */
export type EmbeddedDoor = 'gRPC' | 'in-process'

/** What a suite may ask of it: what it may ask of a real etcd. */
type Options = Omit<EtcdOptions, 'version'>

/** Whether the embedded server can be what a suite asks for. */
export function embeddedAvailability(door: EmbeddedDoor, options: Options): Availability {
  const reason = unfitReason(door, options)
  return reason === undefined
    ? { state: 'available', version: serverVersion }
    : { state: 'unfit', reason }
}

function unfitReason(door: EmbeddedDoor, options: Options): string | undefined {
  const { members = 1, tls = 'none', unixSocket = false, flags = [] } = options
  if (members > 1) return 'it is one member'
  if (tls !== 'none' && door === 'in-process') return 'there is no socket to be secured'
  if (unixSocket) return 'it listens on one address here'
  if (options.authToken === 'jwt') return 'it has simple tokens only'
  try {
    readCommandLine(flags, {})
  } catch (error) {
    return `of its flags: ${error instanceof Error ? error.message : error}`
  }
  return undefined
}

/** Starts it on a port of its own. */
export async function startEmbedded(
  door: EmbeddedDoor,
  options: Options,
): Promise<BehaviourServer> {
  const { tls: mode = 'none' } = options
  const folder = mode === 'none' ? undefined : createTempFolder('embedded')
  const tls = folder && (await writeTlsFiles(folder.path))
  const server = await EtcdServer.listen({
    ...serverOptions(options),
    port: 0,
    v2: options.v2,
    tls: tls && serverTls(tls, mode === 'mutual'),
  })
  return {
    version: server.version,
    endpoints: server.endpoints,
    tls,
    minimumLeaseTtlSeconds: minimumTtlSeconds(options),
    log: '',
    // Each client closes the transport it is given.
    connect: (given = {}) =>
      new Etcd(
        door === 'gRPC'
          ? { endpoints: server.endpoints, timeoutMs: patientMs, ...given }
          : { transport: server.transport, timeoutMs: patientMs, ...given },
      ),
    async [Symbol.asyncDispose]() {
      await server.close()
      await folder?.[Symbol.asyncDispose]()
    },
  }
}

function serverOptions(options: Options): EtcdServerOptions {
  const fromFlags = optionsOf(readCommandLine(options.flags ?? [], {}).values)
  const { authTokenTtlSeconds = fromFlags.authTokenTtlSeconds } = options
  return { ...fromFlags, authTokenTtlSeconds, minLeaseTtlSeconds: minimumTtlSeconds(options) }
}

/** What a real etcd with this timing would have. */
function minimumTtlSeconds(options: Options): number {
  return minimumLeaseTtlSeconds(etcdTiming({ ...options, version: '3.5' }))
}

function serverTls({ ca, cert, key }: TlsFiles, clientCertAuth: boolean): ServerTlsOptions {
  return { cert, key, ca: clientCertAuth ? ca : undefined, clientCertAuth }
}
