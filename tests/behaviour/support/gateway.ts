// Clients over the gateway of a suite's server, with what only they can be asked for.

import { Etcd, type EtcdOptions } from 'etcdkit/gateway'
import { patientMs } from '../../support/patience.ts'
import type { SuiteServer } from '../../support/suites.ts'

/** A client of the server's gateway. Whoever asks for it closes it. */
export function gatewayOf({ endpoints }: SuiteServer, options: EtcdOptions = {}): Etcd {
  return new Etcd({ endpoints, timeoutMs: patientMs, ...options })
}
