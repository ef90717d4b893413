// The numbers of RFC 9113: frame types, flags, settings, error codes and the limits that follow from them.

/** Frame types (RFC 9113 section 6). */
export const FrameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

/** Frame flags; ACK and END_STREAM share a bit. */
export const Flag = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const

/** Setting identifiers (RFC 9113 section 6.5.2). */
export const SettingId = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const

/** Error codes (RFC 9113 section 7). */
export const ErrorCode = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  settingsTimeout: 4,
  streamClosed: 5,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  connectError: 10,
  enhanceYourCalm: 11,
  inadequateSecurity: 12,
  http11Required: 13,
} as const

const errorNames = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
] as const

/** The RFC's name of an error code, or the number itself in hex. */
export function errorName(code: number): string {
  return errorNames[code] ?? `0x${code.toString(16)}`
}

/** The octets of a frame header. */
export const frameHeaderBytes = 9
/** The largest frame a peer may send unless told otherwise, and the largest we accept. */
export const defaultMaxFrameBytes = 16_384
/** Where every flow-control window starts. */
export const defaultWindowBytes = 65_535
/** The largest a flow-control window may become. */
export const maxWindowBytes = 2_147_483_647
/** The last stream id a client can use. */
export const maxStreamId = 2_147_483_647

/** What a client sends before its first frame (RFC 9113 section 3.4). */
export const connectionPreface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
