// SETTINGS: ours as a frame, the peer's as values, checked (RFC 9113 section 6.5).

import {
  defaultMaxFrameBytes,
  defaultWindowBytes,
  ErrorCode,
  maxWindowBytes,
  SettingId,
} from './constants.ts'
import { connectionError } from './errors.ts'

/** What the peer asks of us. */
export interface PeerSettings {
  headerTableSize: number
  /** The smallest of the table sizes that the last SETTINGS named in turn. */
  smallestTableSize: number
  maxConcurrentStreams: number
  initialWindowSize: number
  maxFrameSize: number
  maxHeaderListSize: number
}

/** What holds until the peer's first SETTINGS. */
export function initialPeerSettings(): PeerSettings {
  return {
    headerTableSize: 4096,
    smallestTableSize: 4096,
    maxConcurrentStreams: Number.POSITIVE_INFINITY,
    initialWindowSize: defaultWindowBytes,
    maxFrameSize: defaultMaxFrameBytes,
    maxHeaderListSize: Number.POSITIVE_INFINITY,
  }
}

/** The payload of a SETTINGS frame. */
export function encodeSettings(
  settings: readonly (readonly [id: number, value: number])[],
): Uint8Array {
  const payload = new Uint8Array(settings.length * 6)
  const view = new DataView(payload.buffer)
  settings.forEach(([id, value], index) => {
    view.setUint16(index * 6, id)
    view.setUint32(index * 6 + 2, value)
  })
  return payload
}

/** The peer's settings after a SETTINGS payload. Throws a connection error on a value RFC 9113 forbids. */
export function applySettings(
  before: PeerSettings,
  bytes: Uint8Array,
  start: number,
  end: number,
): PeerSettings {
  const after = { ...before, smallestTableSize: before.headerTableSize }
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  for (let at = start; at < end; at += 6)
    applySetting(after, view.getUint16(at), view.getUint32(at + 2))
  return after
}

function applySetting(settings: PeerSettings, id: number, value: number): void {
  switch (id) {
    case SettingId.headerTableSize:
      settings.headerTableSize = value
      settings.smallestTableSize = Math.min(settings.smallestTableSize, value)
      return
    case SettingId.enablePush:
      // A server has no use for it, and must not set it to anything but 0.
      if (value !== 0) throw connectionError(ErrorCode.protocolError, 'the server enabled push')
      return
    case SettingId.maxConcurrentStreams:
      settings.maxConcurrentStreams = value
      return
    case SettingId.initialWindowSize:
      if (value > maxWindowBytes) {
        throw connectionError(ErrorCode.flowControlError, `initial window of ${value} bytes`)
      }
      settings.initialWindowSize = value
      return
    case SettingId.maxFrameSize:
      if (value < 16_384 || value > 16_777_215) {
        throw connectionError(ErrorCode.protocolError, `maximum frame size of ${value} bytes`)
      }
      settings.maxFrameSize = value
      return
    case SettingId.maxHeaderListSize:
      settings.maxHeaderListSize = value
  }
}
