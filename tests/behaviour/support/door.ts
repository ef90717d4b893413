// What errors tell of the way a client has to its server: over a socket, or within the process.

import type { SuiteServer } from '../../support/suites.ts'

/** How the messages of a closed client end. */
export const closedMessage: RegExp = /: the (client|transport) is closed$/

/** The endpoint that errors tell; without a socket there is none. */
export function endpointOf({ kind, endpoints }: SuiteServer): string | undefined {
  return kind.includes('in-process') ? undefined : endpoints[0]
}
