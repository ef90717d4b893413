// What the gateway asks of an exchange beyond what every page does: calls can be broken, and bodies left.

import type { Exchange } from '../http/exchange.ts'
import type { Breakable } from '../v3/wire.ts'

/** A request and its answer, as a call has them. */
export interface GatewayExchange extends Exchange, Breakable {
  /** Has the rest of the request left unread: the connection is of no use when the answer has ended. To be called before it. */
  leaveUnread(): void
}
