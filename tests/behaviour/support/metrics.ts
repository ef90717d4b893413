// What a server counts of the calls it has answered.

import { requestMember } from '../../support/http.ts'
import type { SuiteServer } from '../../support/suites.ts'

/** How many calls of an RPC, such as `Authenticate`, the server has answered since it was started, whatever the status. */
export async function countAnswered(server: SuiteServer, rpc: string): Promise<number> {
  const [endpoint] = server.endpoints
  if (endpoint === undefined) throw new Error('Cannot read the metrics of a server without a port')
  const { body } = await requestMember({ endpoint }, '/metrics')
  const line = new RegExp(`^grpc_server_handled_total\\{.*grpc_method="${rpc}".*\\} (\\S+)$`, 'gm')
  return [...body.matchAll(line)].reduce((sum, [, count]) => sum + Number(count), 0)
}
