// What ends a stream or a connection other than well.

import { ErrorCode, errorName } from './constants.ts'

/** How far the failure reaches. */
export type Http2ErrorScope = 'stream' | 'connection'

/** What an `Http2Error` is made of beside its message. */
export interface Http2ErrorOptions {
  readonly scope: Http2ErrorScope
  readonly errorCode: number
  readonly unprocessed?: boolean
  readonly byPeer?: boolean
  readonly cause?: unknown
}

/** A stream or a connection that failed. */
export class Http2Error extends Error {
  readonly scope: Http2ErrorScope
  /** The RFC 9113 error code that was sent or received. */
  readonly errorCode: number
  /** The request surely was not processed by the server, so that it is safe to send it again. */
  readonly unprocessed: boolean
  /** The peer ended it by RST_STREAM or GOAWAY; `false`: we did, or the connection broke. */
  readonly byPeer: boolean

  constructor(message: string, options: Http2ErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Http2Error'
    this.scope = options.scope
    this.errorCode = options.errorCode
    this.unprocessed = options.unprocessed ?? false
    this.byPeer = options.byPeer ?? false
  }
}

/** The peer broke the protocol: the connection ends with `errorCode`. */
export function connectionError(errorCode: number, message: string, cause?: unknown): Http2Error {
  return new Http2Error(`${message} (${errorName(errorCode)})`, {
    scope: 'connection',
    errorCode,
    cause,
  })
}

/** The same failure seen by a call that surely was not processed. */
export function asUnprocessed(error: Http2Error): Http2Error {
  if (error.unprocessed) return error
  return new Http2Error(error.message, {
    scope: error.scope,
    errorCode: error.errorCode,
    byPeer: error.byPeer,
    unprocessed: true,
    cause: error,
  })
}

/** The peer ended a stream by RST_STREAM. */
export function resetByPeer(errorCode: number): Http2Error {
  return new Http2Error(`the server reset the stream (${errorName(errorCode)})`, {
    scope: 'stream',
    errorCode,
    byPeer: true,
    unprocessed: errorCode === ErrorCode.refusedStream,
  })
}

/** The connection is gone, and nobody broke a rule. */
export function lost(reason: string, cause?: unknown): Http2Error {
  return new Http2Error(reason, { scope: 'connection', errorCode: ErrorCode.noError, cause })
}
