// The transport seam: all that the v3 client needs to know of how messages travel.

import type { EventSink } from './events.ts'
import type { MessageInit } from './message.ts'
import type { StreamMethod, UnaryMethod } from './method.ts'

/** What may be said of one call. */
export interface CallOptions {
  /** Ends the call; it rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
  /**
   * Milliseconds until a unary call rejects with `deadline-exceeded`; 0 or `Infinity` for no limit. Default: the
   * transport's own limit for unary calls. A stream has no limit unless given.
   */
  readonly timeoutMs?: number | undefined
  /** Metadata sent with the call, beside what the transport adds of itself. Names in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Ask the server to refuse the call, or end the stream, when it has no leader (`hasleader` metadata). */
  readonly requireLeader?: boolean | undefined
  /** Send the call to this member, even one outside the configured endpoints. */
  readonly endpoint?: string | undefined
  /** Treat a `non-repeatable` call as `repeatable`: it may then be applied twice. */
  readonly repeatable?: boolean | undefined
}

/**
 * A stream of messages in both directions.
 *
 * Iterate it once. Iteration ends when the server ended the stream with status OK, and throws an `EtcdError` when it
 * ended otherwise, `signal.reason` when the caller aborted. Leaving the loop early cancels the stream. Messages wait
 * under flow control until they are taken, so a reader that stops reading bounds what the server can send.
 */
export interface MessageStream<I extends object, O extends object> extends AsyncIterable<O> {
  /** Sends a message, after those sent before. A stream that has ended ignores it: its iteration tells why. */
  send(message: MessageInit<I>): void
  /** Says that no more messages will be sent. */
  end(): void
  /** Ends the stream at once; iteration then throws `reason`, or ends if none was given. */
  cancel(reason?: unknown): void
}

/** How to take over a list of endpoints. */
export interface SetEndpointsOptions {
  /**
   * Go on asking the source the endpoints were found by (DNS, discovery) when none of them can be reached. Default:
   * false, since whoever names endpoints may mean another cluster.
   */
  readonly keepSource?: boolean | undefined
}

/** How messages travel: over gRPC, over the JSON gateway, or to a server in the same process. */
export interface Transport {
  /** Whether a bidirectional stream can go on sending after the first answer. */
  readonly fullDuplex: boolean
  /** One message out, one in. Rejects with an `EtcdError`, or with `signal.reason`. */
  unary<I extends object, O extends object>(
    method: UnaryMethod<I, O>,
    request: MessageInit<I>,
    options?: CallOptions,
  ): Promise<O>
  /** Opens a stream. Never throws for what happens on the way: iteration does. */
  stream<I extends object, O extends object>(
    method: StreamMethod<I, O>,
    options?: CallOptions,
  ): MessageStream<I, O>
  /**
   * Takes note that the server refused the token that `stream`, or another one of this transport's, carries, or the one in
   * use, inside a stream's messages, where no status tells of it. Returns whether calls begun from now on carry another:
   * without a user and a password there is none to be had.
   */
  renewToken?(stream?: object): boolean
  /** Where calls go, each in its normal form; left out by a transport that has no list. */
  readonly endpoints?: readonly string[]
  /**
   * Replaces the endpoints. Calls under way on those that leave finish or are sent again by their class; streams on them
   * end with an error after which their owners open them elsewhere. Throws `TypeError` on what is no endpoint.
   */
  setEndpoints?(endpoints: string | readonly string[], options?: SetEndpointsOptions): void
  /** Where to tell of connections, retries and tokens; `undefined` while nobody listens. Its owner sets it. */
  onEvent?: EventSink | undefined
  /** Ends every call with `closed` and every connection; resolves when nothing is left. Twice is fine. */
  close(): Promise<void>
}
