// Clients of the v2 API: one for all tests of a suite, or one with a server of its own for a test.

import { after, before } from 'node:test'
import { EtcdServer, type ListenOptions } from '@etcdkit/server'
import type { SuiteOptions, SuiteServer } from '../../../../tests/support/suites.ts'
import { untilVersionDecided, V2Client } from '../../../../tests/support/v2-http.ts'

/** For suites that hold the embedded server against the etcds it follows. */
export const v2Suite: SuiteOptions = {
  v2: true,
  only: ['embedded (gRPC)', 'etcd 3.4', 'etcd 3.5'],
}

/** A client for the suite's tests, there from the first on. */
export function connectV2(server: SuiteServer): () => V2Client {
  let client: V2Client
  before(async () => {
    client = new V2Client(server.endpoints[0] ?? '')
    await untilVersionDecided(client)
  })
  after(() => client.close())
  return () => client
}

/** A server and a client of it; disposed together. */
export interface V2World extends AsyncDisposable {
  readonly server: EtcdServer
  readonly client: V2Client
}

/** Starts one. */
export async function openV2World(options: ListenOptions = {}): Promise<V2World> {
  const server = await EtcdServer.listen({ v2: true, ...options, port: 0 })
  const client = new V2Client(server.endpoint)
  return {
    server,
    client,
    async [Symbol.asyncDispose]() {
      client.close()
      await server.close()
    },
  }
}
