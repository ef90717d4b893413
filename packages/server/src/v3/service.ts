// What a service is, whatever wire its calls come over: a handler for each method.

import type { StreamMethod, UnaryMethod } from '@etcdkit/protocol'
import type { Credentials } from '../store/auth/credentials.ts'

/** What a handler may want to know of a call beside its messages: whom it is from, among others. */
export interface CallContext extends Credentials {
  /** Bytes that the first message took, or would take, on the wire. */
  readonly requestBytes: number
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

/** Answers one message with one. What it throws is the call's status. */
export interface UnaryService<I extends object, O extends object> {
  readonly kind: 'unary'
  readonly method: UnaryMethod<I, O>
  handle(request: I, context: CallContext): O | Promise<O>
}

/** The way to a stream's reader. */
export interface StreamSink<O extends object> {
  /** Sends. `false`: the reader is full; the handler's `ready` is called when there is room. It never throws. */
  message(message: O): boolean
  /** Ends the stream, well or with an error. Nothing follows; the handler hears no more, not even `close`. */
  end(error?: unknown): void
}

/** The server's side of an open stream. What `message` throws ends the stream. */
export interface StreamHandler<I extends object> {
  /** Whether no more requests should be read now: the reader is behind. */
  readonly full: boolean
  message(request: I): void
  /** The client will send no more. */
  halfClose(): void
  /** The reader has room again. */
  ready(): void
  /** The client is gone, or the stream was ended by others. */
  close(): void
}

/** Answers streams. */
export interface StreamService<I extends object, O extends object> {
  readonly kind: 'stream'
  readonly method: StreamMethod<I, O>
  /** `sink` may be used at once. */
  open(sink: StreamSink<O>, context: CallContext): StreamHandler<I>
}

/** A handler of any method. */
export type Service = UnaryService<object, object> | StreamService<object, object>

/** A service of one answer. */
export function unary<I extends object, O extends object>(
  method: UnaryMethod<I, O>,
  handle: (request: I, context: CallContext) => O | Promise<O>,
): UnaryService<I, O> {
  return { kind: 'unary', method, handle }
}

/** A service of streams. */
export function streaming<I extends object, O extends object>(
  method: StreamMethod<I, O>,
  open: (sink: StreamSink<O>, context: CallContext) => StreamHandler<I>,
): StreamService<I, O> {
  return { kind: 'stream', method, open }
}
