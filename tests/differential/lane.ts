// A real etcd and an embedded one, side by side, and a client of each.

import { EtcdServer } from '@etcdkit/server'
import { Etcd } from 'etcdkit'
import type { EtcdVersion } from '../support/etcd-binary.ts'
import { startEtcd } from '../support/etcd-server.ts'
import { patientMs } from '../support/patience.ts'
import { maxTxnOps } from './arbitraries/txn.ts'
import { clientDoor, type Door } from './play/door.ts'
import { grpcJsDoor } from './play/grpc-js-door.ts'

/**
 * How the servers are reached. `in-process`: the embedded one without a socket. `grpc-js`: calls by that client, which
 * tells the gRPC status.
 */
export type Way = 'gRPC' | 'in-process' | 'grpc-js'

/** The two. One sequence at a time: each has the servers to itself. */
export interface Lane extends AsyncDisposable {
  readonly reference: Door
  readonly embedded: Door
  /** The exact version of the reference. */
  readonly version: string
  /** The shortest lease there is. */
  readonly shortestLeaseMs: number
  /** The end of the reference's log. */
  readonly log: string
}

/** Starts both. */
export async function openLane(version: EtcdVersion, way: Way): Promise<Lane> {
  // Passwords cheap to hash: sequences about auth log in often.
  const flags = [`--max-txn-ops=${maxTxnOps}`, '--bcrypt-cost=4']
  // Slow, so that the shortest lease there is outlasts a sequence, on most machines.
  const timing = { heartbeatMs: 100, electionMs: 3000 }
  const etcd = await startEtcd({ version, ...timing, logLevel: 'error', flags })
  const { minimumLeaseTtlSeconds: minLeaseTtlSeconds } = etcd
  const server = await EtcdServer.listen({
    port: 0,
    name: 'm0',
    maxTxnOps,
    minLeaseTtlSeconds,
  })
  const reference = openDoor(way, etcd.endpoints[0] ?? '')
  const embedded =
    way === 'in-process'
      ? clientDoor(new Etcd({ transport: server.transport }))
      : openDoor(way, server.endpoint)
  return {
    reference,
    embedded,
    version: etcd.version,
    shortestLeaseMs: minLeaseTtlSeconds * 1000,
    get log() {
      return etcd.log
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([reference.close(), embedded.close()])
      await server.close()
      await etcd[Symbol.asyncDispose]()
    },
  }
}

function openDoor(way: Way, endpoint: string): Door {
  return way === 'grpc-js'
    ? grpcJsDoor(endpoint)
    : clientDoor(new Etcd({ endpoints: endpoint, timeoutMs: patientMs }))
}
