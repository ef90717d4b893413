// One request of plain HTTP and its answer, as the gateway sees them; which version of HTTP carries them is not its concern.

import type { Readable } from 'node:stream'
import type { Breakable } from '../v3/wire.ts'

/** A request and its answer. What is done after its end does nothing, and nothing of it throws. */
export interface Exchange extends Breakable {
  readonly method: string
  /** Path and query, as they were asked for. */
  readonly url: string
  readonly body: Readable
  /** A header of the request. Names in lower case. */
  header(name: string): string | undefined
  /** Begins the answer. */
  respond(status: number, headers: Readonly<Record<string, string>>): void
  /** Sends some of the answer. `false`: the reader is full; `whenWritable` tells when there is room. */
  write(text: string): boolean
  /** Ends the answer. */
  end(text?: string): void
  /** Has the rest of the request left unread: the connection is of no use when the answer has ended. To be called before it. */
  leaveUnread(): void
  /** Has `run` called each time there is room again. */
  whenWritable(run: () => void): void
  /** Has `run` called once, when all is sent or the client is gone. */
  whenClosed(run: () => void): void
}
