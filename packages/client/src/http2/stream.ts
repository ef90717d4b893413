// One HTTP/2 stream as the session keeps it. Calls extend it, so that a call costs one object and no events.

import type { Http2Error } from './errors.ts'
import type { HeaderList } from './hpack/decoder.ts'
import type { Http2Session } from './session.ts'

/** Body bytes that wait for a flow-control window. */
export interface PendingBody {
  readonly chunks: Uint8Array[]
  /** How far the first chunk is sent. */
  offset: number
  /** END_STREAM goes out with the last of it. */
  end: boolean
}

/** A stream. The session writes the fields, the call answers the callbacks. */
export abstract class Http2Stream {
  /** The stream's id; 0 until its HEADERS are written. */
  id = 0
  /** Bytes of body the peer still accepts. A change of its SETTINGS can make it negative (RFC 9113 6.9.2). */
  sendWindow = 0
  /** Bytes of body we still accept. */
  receiveWindow = 0
  /** Consumed bytes the peer has not been told of yet. */
  receiveCredit = 0
  /** The response's header section has come. */
  headersSeen = false
  /** We have sent, or queued, END_STREAM. */
  localEnded = false
  pending: PendingBody | undefined = undefined

  /** Whether it may stay open for as long as it likes, so that others must not have to wait for its end. */
  get isLasting(): boolean {
    return false
  }

  /** The stream, which had to wait, is opened by `session`: perhaps another one than was asked to. */
  onTaken(_session: Http2Session): void {}

  /** A header section; `ended` says that nothing follows. Called for responses, informational ones apart, and trailers. */
  abstract onHeaders(headers: HeaderList, ended: boolean): void
  /**
   * Body bytes, lent for the time of the call: `bytes[start..end)`. Returns how many of them are consumed; the rest
   * is given back later by `Http2Session.consumed`.
   */
  abstract onData(bytes: Uint8Array, start: number, end: number): number
  /** The stream ended well with a DATA frame. Not called after `onHeaders(…, true)`. */
  abstract onEnd(): void
  /** The stream failed. Nothing is called after it. */
  abstract onError(error: Http2Error): void
}
