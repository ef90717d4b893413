// Clients that reach their server by a socket: as users, and through proxies. Within the process there are neither.

import { Etcd } from 'etcdkit'
import { patientMs } from '../../support/patience.ts'
import type { ConnectOptions } from '../../support/server-kinds.ts'
import type { SuiteServer } from '../../support/suites.ts'

/** A client of the server, over gRPC or the gateway as its kind has it. Whoever asks for it closes it. */
export function connectBySocket(server: SuiteServer, options: ConnectOptions): Etcd {
  const { kind, endpoints } = server
  return kind.includes('in-process')
    ? new Etcd({ endpoints, timeoutMs: patientMs, ...options })
    : server.connect(options)
}
