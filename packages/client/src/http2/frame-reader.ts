// Cuts the incoming bytes into frames. DATA is handed on as it arrives; every other frame as a whole.

import { defaultMaxFrameBytes, ErrorCode, Flag, FrameType, frameHeaderBytes } from './constants.ts'
import { connectionError } from './errors.ts'

/** Who takes the frames. All bytes are lent for the time of the call. */
export interface FrameSink {
  /** A DATA frame begins; `flowBytes` count against the windows, padding included. */
  onDataStart(streamId: number, flowBytes: number): void
  /** A part of its content. */
  onDataBytes(bytes: Uint8Array, start: number, end: number): void
  /** It is over; `flowOnly` of its bytes were padding. */
  onDataEnd(flowOnly: number, endStream: boolean): void
  /** Any other frame: its payload is `bytes[start..end)`. */
  onFrame(
    type: number,
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void
}

/** An incremental frame parser. Throws a connection error on a frame over the limit or padded beyond its end. */
export class FrameReader {
  readonly #sink: FrameSink
  // An incomplete frame, header and all, or an incomplete frame header.
  readonly #stash: Uint8Array = new Uint8Array(frameHeaderBytes + defaultMaxFrameBytes)
  #stashed = 0
  // The DATA frame in progress.
  #inData = false
  #dataEnd = false
  #content = 0
  #padding = 0
  #flowOnly = 0
  #padLengthPending = false

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  /** Takes `bytes[0..length)`. */
  push(bytes: Uint8Array, length: number): void {
    let at = 0
    while (at < length) {
      if (this.#inData) at = this.#readData(bytes, at, length)
      else if (this.#stashed > 0) at = this.#fillStash(bytes, at, length)
      else at = this.#readFrame(bytes, at, length)
    }
  }

  #readFrame(bytes: Uint8Array, at: number, length: number): number {
    const available = length - at
    if (available < frameHeaderBytes) return this.#keep(bytes, at, length)
    const payload = payloadLength(bytes, at)
    if (bytes[at + 3] === FrameType.data) {
      this.#startData(bytes, at, payload)
      return at + frameHeaderBytes
    }
    if (available < frameHeaderBytes + payload) return this.#keep(bytes, at, length)
    this.#emit(bytes, at, payload)
    return at + frameHeaderBytes + payload
  }

  #fillStash(bytes: Uint8Array, at: number, length: number): number {
    const wanted =
      this.#stashed < frameHeaderBytes
        ? frameHeaderBytes
        : frameHeaderBytes + payloadLength(this.#stash, 0)
    const end = Math.min(length, at + wanted - this.#stashed)
    this.#keep(bytes, at, end)
    if (this.#stashed < wanted) return end
    const payload = payloadLength(this.#stash, 0)
    if (this.#stash[3] === FrameType.data) {
      this.#stashed = 0
      this.#startData(this.#stash, 0, payload)
    } else if (this.#stashed === frameHeaderBytes + payload) {
      this.#stashed = 0
      this.#emit(this.#stash, 0, payload)
    }
    return end
  }

  #keep(bytes: Uint8Array, start: number, end: number): number {
    this.#stash.set(bytes.subarray(start, end), this.#stashed)
    this.#stashed += end - start
    return end
  }

  #emit(bytes: Uint8Array, at: number, payload: number): void {
    const start = at + frameHeaderBytes
    this.#sink.onFrame(
      bytes[at + 3] ?? 0,
      bytes[at + 4] ?? 0,
      streamId(bytes, at),
      bytes,
      start,
      start + payload,
    )
  }

  #startData(bytes: Uint8Array, at: number, payload: number): void {
    const flags = bytes[at + 4] ?? 0
    this.#dataEnd = (flags & Flag.endStream) !== 0
    this.#padLengthPending = (flags & Flag.padded) !== 0
    this.#content = payload
    this.#padding = 0
    this.#flowOnly = 0
    if (this.#padLengthPending && payload === 0) {
      throw connectionError(ErrorCode.frameSizeError, 'a padded DATA frame without a pad length')
    }
    this.#sink.onDataStart(streamId(bytes, at), payload)
    this.#inData = true
    if (payload === 0) this.#endData()
  }

  #readData(bytes: Uint8Array, start: number, length: number): number {
    let at = start
    if (this.#padLengthPending) {
      this.#padding = bytes[at++] ?? 0
      this.#flowOnly = 1 + this.#padding
      this.#content -= this.#flowOnly
      this.#padLengthPending = false
      if (this.#content < 0)
        throw connectionError(ErrorCode.protocolError, 'padding longer than its DATA frame')
    }
    const end = Math.min(length, at + this.#content)
    if (end > at) {
      this.#content -= end - at
      this.#sink.onDataBytes(bytes, at, end)
      at = end
    }
    const skipped = Math.min(length - at, this.#padding)
    this.#padding -= skipped
    if (this.#content === 0 && this.#padding === 0) this.#endData()
    return at + skipped
  }

  #endData(): void {
    this.#inData = false
    this.#sink.onDataEnd(this.#flowOnly, this.#dataEnd)
  }
}

function payloadLength(bytes: Uint8Array, at: number): number {
  const length = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
  if (length > defaultMaxFrameBytes) {
    throw connectionError(ErrorCode.frameSizeError, `a frame of ${length} bytes`)
  }
  return length
}

function streamId(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at + 5] ?? 0) & 0x7f) << 24) |
    ((bytes[at + 6] ?? 0) << 16) |
    ((bytes[at + 7] ?? 0) << 8) |
    (bytes[at + 8] ?? 0)
  )
}
