// The payloads of the small frames: read, checked, made.

import { ErrorCode, errorName, maxStreamId } from './constants.ts'
import { connectionError, Http2Error } from './errors.ts'

/** The 32 bits at an offset, unsigned. */
export function readWord(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) |
      ((bytes[at + 1] ?? 0) << 16) |
      ((bytes[at + 2] ?? 0) << 8) |
      (bytes[at + 3] ?? 0)) >>>
    0
  )
}

/** Throws a connection error if a frame has not the one length it may have. */
export function expectLength(frame: string, length: number, expected: number): void {
  if (length !== expected) {
    throw connectionError(ErrorCode.frameSizeError, `${frame} of ${length} bytes`)
  }
}

/** What a GOAWAY says. */
export interface Goaway {
  /** Streams above it were not processed. */
  readonly lastId: number
  readonly error: Http2Error
}

const longestDebugData = 256

/** Reads a GOAWAY payload. */
export function parseGoaway(bytes: Uint8Array, start: number, end: number): Goaway {
  if (end - start < 8) {
    throw connectionError(ErrorCode.frameSizeError, `GOAWAY of ${end - start} bytes`)
  }
  const errorCode = readWord(bytes, start + 4)
  const debugData = bytes.subarray(start + 8, Math.min(end, start + 8 + longestDebugData))
  const text = Buffer.from(debugData).toString('latin1')
  const detail = text === '' ? errorName(errorCode) : `${errorName(errorCode)}: ${text}`
  const error = new Http2Error(`the server sent GOAWAY (${detail})`, {
    scope: 'connection',
    errorCode,
    byPeer: true,
  })
  return { lastId: readWord(bytes, start) & maxStreamId, error }
}

/** The payload of our GOAWAY: a client has processed no stream of the server's. */
export function goawayPayload(errorCode: number): Uint8Array {
  const payload = new Uint8Array(8)
  new DataView(payload.buffer).setUint32(4, errorCode)
  return payload
}
