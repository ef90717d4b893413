// One request of plain HTTP and the way to answer it; which version of HTTP carries them is not its concern.

import type { Readable } from 'node:stream'

/** A request, and its answer to be. What is done after its end does nothing, and nothing of it throws. */
export interface Exchange {
  readonly method: string
  /** Path and query as they were sent, a code unit for each byte. */
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
  /** Has `run` called each time there is room again. */
  whenWritable(run: () => void): void
  /** Has `run` called once, when all is sent or the client is gone. */
  whenClosed(run: () => void): void
  /** Breaks the connection. */
  cut(): void
}
