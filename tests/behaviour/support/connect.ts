// How suites come by a client of the server they run on, whatever its kind.

import { Etcd, type EtcdOptions } from 'etcdkit'
import type { SuiteServer } from '../../support/suites.ts'

/** A client of the server. Whoever asks for it closes it: `await using etcd = connectTo(server)`. */
export function connectTo(
  server: SuiteServer,
  options: Omit<EtcdOptions, 'endpoints' | 'transport'> = {},
): Etcd {
  return new Etcd({ endpoints: server.endpoints, ...options })
}
