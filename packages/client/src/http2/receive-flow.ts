// What the server may still send, on the connection and on each stream, and the credit it is given.

import { ErrorCode, FrameType } from './constants.ts'
import { connectionError } from './errors.ts'
import type { Outbox } from './outbox.ts'
import type { Http2Stream } from './stream.ts'

/** The receiving half of both flow-control levels (RFC 9113 section 5.2). */
export class ReceiveFlow {
  readonly #outbox: Outbox
  readonly #connectionWindow: number
  readonly #streamWindow: number
  #window: number
  #credit = 0

  constructor(outbox: Outbox, connectionWindow: number, streamWindow: number) {
    this.#outbox = outbox
    this.#connectionWindow = connectionWindow
    this.#streamWindow = streamWindow
    this.#window = connectionWindow
  }

  /** A stream begins. */
  open(stream: Http2Stream): void {
    stream.receiveWindow = this.#streamWindow
  }

  /**
   * A DATA frame came. Its connection credit is given back at once: what a slow reader holds is bounded by its
   * stream's window, and must not hold up the others.
   */
  received(bytes: number): void {
    this.#window -= bytes
    if (this.#window < 0) {
      throw connectionError(ErrorCode.flowControlError, 'the server exceeded the connection window')
    }
    this.#credit += bytes
    if (this.#credit * 2 < this.#connectionWindow) return
    this.#outbox.word(FrameType.windowUpdate, 0, this.#credit)
    this.#window += this.#credit
    this.#credit = 0
  }

  /** The DATA frame was for this stream. Returns whether its window allowed it. */
  receivedOn(stream: Http2Stream, bytes: number): boolean {
    stream.receiveWindow -= bytes
    return stream.receiveWindow >= 0
  }

  /** Bytes of an open stream have been used: the server may send as many again. */
  consumed(stream: Http2Stream, bytes: number): void {
    stream.receiveCredit += bytes
    if (stream.receiveCredit * 2 < this.#streamWindow) return
    this.#outbox.word(FrameType.windowUpdate, stream.id, stream.receiveCredit)
    stream.receiveWindow += stream.receiveCredit
    stream.receiveCredit = 0
  }
}
