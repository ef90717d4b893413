// A real etcd with its v2 API on and an embedded one, side by side, and a client of each.

import { EtcdServer } from '@etcdkit/server'
import type { EtcdVersion } from '../support/etcd-binary.ts'
import { startEtcd } from '../support/etcd-server.ts'
import { untilVersionDecided, V2Client } from '../support/v2-http.ts'

/** The two. One sequence at a time: each has the servers to itself. */
export interface Lane extends AsyncDisposable {
  readonly reference: V2Client
  readonly embedded: V2Client
  /** The exact version of the reference. */
  readonly version: string
  /** The end of the reference's log. */
  readonly log: string
}

/** Starts both. */
export async function openLane(version: EtcdVersion): Promise<Lane> {
  const etcd = await startEtcd({ version, v2: true, logLevel: 'error' })
  const server = await EtcdServer.listen({ port: 0, v2: true })
  const reference = new V2Client(etcd.endpoints[0] ?? '')
  const embedded = new V2Client(server.endpoint)
  await untilVersionDecided(reference)
  return {
    reference,
    embedded,
    version: etcd.version,
    get log() {
      return etcd.log
    },
    async [Symbol.asyncDispose]() {
      reference.close()
      embedded.close()
      await server.close()
      await etcd[Symbol.asyncDispose]()
    },
  }
}
