// HTTP/2 frames as a test writes and reads them: any flags, any lengths, right or wrong.

import { Flag, FrameType } from '../../src/http2/constants.ts'
import { encodeHeaders, type HeaderEntry } from '../../src/http2/hpack/encoder.ts'

/** The RFC's name of a frame type. */
export type FrameName =
  | 'DATA'
  | 'HEADERS'
  | 'PRIORITY'
  | 'RST_STREAM'
  | 'SETTINGS'
  | 'PUSH_PROMISE'
  | 'PING'
  | 'GOAWAY'
  | 'WINDOW_UPDATE'
  | 'CONTINUATION'

const frameNames: readonly FrameName[] = [
  'DATA',
  'HEADERS',
  'PRIORITY',
  'RST_STREAM',
  'SETTINGS',
  'PUSH_PROMISE',
  'PING',
  'GOAWAY',
  'WINDOW_UPDATE',
  'CONTINUATION',
]

/** A frame as it was received. */
export interface Frame {
  readonly name: FrameName
  readonly flags: number
  readonly streamId: number
  readonly payload: Buffer
}

/** What a frame is made of; `length` only where the header is to lie. */
export interface RawFrame {
  readonly type: number
  readonly flags?: number
  readonly streamId?: number
  readonly payload?: Uint8Array
  readonly length?: number
}

/** The bytes of a frame. */
export function rawFrame(frame: RawFrame): Buffer {
  const payload = frame.payload ?? new Uint8Array(0)
  const header = Buffer.alloc(9)
  header.writeUIntBE(frame.length ?? payload.length, 0, 3)
  header[3] = frame.type
  header[4] = frame.flags ?? 0
  header.writeUInt32BE(frame.streamId ?? 0, 5)
  return Buffer.concat([header, payload])
}

/** What may be said of a DATA or HEADERS frame. */
export interface BodyOptions {
  readonly end?: boolean
  /** Octets of padding; even 0 sets the flag. */
  readonly padding?: number
}

/** What may be said of a HEADERS frame. */
export interface HeadersOptions extends BodyOptions {
  /** `false`: CONTINUATION follows. */
  readonly endHeaders?: boolean
  /** Sends the five octets of a priority. */
  readonly priority?: boolean
}

export function dataFrame(
  streamId: number,
  content: string | Uint8Array,
  options: BodyOptions = {},
): Buffer {
  const flags =
    (options.end ? Flag.endStream : 0) | (options.padding === undefined ? 0 : Flag.padded)
  const payload = padded(Buffer.from(content), options.padding)
  return rawFrame({ type: FrameType.data, flags, streamId, payload })
}

/** HEADERS of fields, or of a block as it is. */
export function headersFrame(
  streamId: number,
  fields: readonly HeaderEntry[] | Uint8Array,
  options: HeadersOptions = {},
): Buffer {
  const block = fields instanceof Uint8Array ? fields : encodeHeaders(fields)
  const content = options.priority ? Buffer.concat([Buffer.alloc(5), block]) : block
  let flags = options.endHeaders === false ? 0 : Flag.endHeaders
  if (options.end) flags |= Flag.endStream
  if (options.priority) flags |= Flag.priority
  if (options.padding !== undefined) flags |= Flag.padded
  return rawFrame({
    type: FrameType.headers,
    flags,
    streamId,
    payload: padded(content, options.padding),
  })
}

export function continuationFrame(
  streamId: number,
  block: Uint8Array,
  endHeaders: boolean,
): Buffer {
  const flags = endHeaders ? Flag.endHeaders : 0
  return rawFrame({ type: FrameType.continuation, flags, streamId, payload: block })
}

export function resetFrame(streamId: number, errorCode: number): Buffer {
  return rawFrame({ type: FrameType.rstStream, streamId, payload: words(errorCode) })
}

export function settingsFrame(
  settings: readonly (readonly [id: number, value: number])[] = [],
): Buffer {
  const payload = Buffer.alloc(settings.length * 6)
  settings.forEach(([id, value], index) => {
    payload.writeUInt16BE(id, index * 6)
    payload.writeUInt32BE(value, index * 6 + 2)
  })
  return rawFrame({ type: FrameType.settings, payload })
}

export function settingsAckFrame(): Buffer {
  return rawFrame({ type: FrameType.settings, flags: Flag.ack })
}

export function pingFrame(payload: string, ack = false): Buffer {
  return rawFrame({
    type: FrameType.ping,
    flags: ack ? Flag.ack : 0,
    payload: Buffer.from(payload),
  })
}

export function goawayFrame(lastId: number, errorCode = 0, debugData = ''): Buffer {
  const payload = Buffer.concat([words(lastId, errorCode), Buffer.from(debugData)])
  return rawFrame({ type: FrameType.goaway, payload })
}

export function windowUpdateFrame(streamId: number, growth: number): Buffer {
  return rawFrame({ type: FrameType.windowUpdate, streamId, payload: words(growth) })
}

/** 32-bit numbers as octets. */
export function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, index * 4)
  return bytes
}

function padded(content: Uint8Array, padding: number | undefined): Uint8Array {
  if (padding === undefined) return content
  return Buffer.concat([Buffer.of(padding), content, Buffer.alloc(padding)])
}

/** Cuts received bytes into frames; `rest` is what does not make a whole one. */
export function parseFrames(bytes: Buffer): { readonly frames: Frame[]; readonly rest: Buffer } {
  const frames: Frame[] = []
  let at = 0
  while (bytes.length - at >= 9) {
    const stop = at + 9 + bytes.readUIntBE(at, 3)
    if (stop > bytes.length) break
    const name = frameNames[bytes[at + 3] ?? 0]
    if (name === undefined) throw new Error(`a frame of type ${bytes[at + 3]}`)
    frames.push({
      name,
      flags: bytes[at + 4] ?? 0,
      streamId: bytes.readUInt32BE(at + 5),
      payload: bytes.subarray(at + 9, stop),
    })
    at = stop
  }
  return { frames, rest: bytes.subarray(at) }
}
