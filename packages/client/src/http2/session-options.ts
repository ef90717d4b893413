// What a session works with: the bytes' other side, who is told what, and its bounds.

import type { Http2Error } from './errors.ts'
import type { ByteSink } from './outbox.ts'
import type { StreamQueue } from './stream-queue.ts'

/** The bytes' other side, and who is told what. */
export interface SessionIo extends ByteSink {
  /** Writes what is buffered, then ends the connection. */
  end(): void
  /** Whether the connection should keep the process alive. */
  hold(on: boolean): void
}

/** What the session tells its owner. */
export interface SessionEvents {
  /** The server's SETTINGS have come: it speaks HTTP/2. */
  onReady(): void
  /** No new stream can be opened; the open ones finish. Called once, before or with `onClose`. */
  onDraining(error: Http2Error): void
  /** All streams have been told. Called once. */
  onClose(error: Http2Error): void
}

/** Bounds and intervals of a session. */
export interface SessionOptions {
  /** Bytes a stream may receive before they are consumed. Default: 4 MiB. */
  readonly streamWindowBytes?: number | undefined
  /** Bytes all streams may have on the way. Default: 16 MiB. */
  readonly connectionWindowBytes?: number | undefined
  /** The largest header list, as RFC 9113 6.5.2 counts. Default: 64 KiB. */
  readonly maxHeaderListBytes?: number | undefined
  /** Milliseconds of silence before a PING, while streams are open. Default 8,000; at least 5,000. */
  readonly pingIntervalMs?: number | undefined
  /** Milliseconds a PING may stay unanswered. Default: 4,000. */
  readonly pingTimeoutMs?: number | undefined
  /** Where streams wait that go over the server's limit: shared with further sessions to the server. Default: its own. */
  readonly queue?: StreamQueue | undefined
  /**
   * Whether the session is a further one: it takes what waits in the queue, and lasting streams may have all of it. Else
   * they leave one stream to those that are over soon. Default: false.
   */
  readonly isFurther?: boolean | undefined
  /** The id of the first stream, odd: for tests of what happens when the ids run out. Default: 1. */
  readonly firstStreamId?: number | undefined
}
