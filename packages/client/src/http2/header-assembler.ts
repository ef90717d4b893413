// HEADERS and CONTINUATION put together into header lists (RFC 9113 sections 4.3, 6.2 and 6.10).

import { copyBytes } from './bytes.ts'
import { ErrorCode, Flag } from './constants.ts'
import { connectionError } from './errors.ts'
import { type HeaderList, HpackDecoder } from './hpack/decoder.ts'
import { HpackError } from './hpack/errors.ts'

/** A header section as it came. */
export interface HeaderSection {
  readonly streamId: number
  readonly headers: HeaderList
  readonly endStream: boolean
}

// A block is compressed, so one over the limit of the list it makes is hostile; each frame of it must bring something.
const maxBlockBytes = 256 * 1024
const maxContinuations = 64

/** Collects header blocks and decodes them in order. */
export class HeaderAssembler {
  readonly #decoder: HpackDecoder
  #streamId = 0
  #endStream = false
  #parts: Uint8Array[] = []
  #bytes = 0

  constructor(options: { readonly maxTableSize: number; readonly maxListSize: number }) {
    this.#decoder = new HpackDecoder(options)
  }

  /** The stream whose block is incomplete, or 0: only its CONTINUATION may come next. */
  get openStream(): number {
    return this.#streamId
  }

  /** The peer has acknowledged our SETTINGS_HEADER_TABLE_SIZE. */
  setMaxTableSize(bytes: number): void {
    this.#decoder.setMaxTableSize(bytes)
  }

  /** Takes a HEADERS payload. Returns the section when it is complete. */
  headers(
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): HeaderSection | undefined {
    let from = start
    let to = end
    if ((flags & Flag.padded) !== 0) {
      if (from === to)
        throw connectionError(
          ErrorCode.frameSizeError,
          'a padded HEADERS frame without a pad length',
        )
      to -= bytes[from++] ?? 0
    }
    if ((flags & Flag.priority) !== 0) from += 5
    if (from > to)
      throw connectionError(ErrorCode.protocolError, 'HEADERS padding or priority beyond the frame')
    const endStream = (flags & Flag.endStream) !== 0
    if ((flags & Flag.endHeaders) !== 0) {
      return { streamId, headers: this.#decode(bytes, from, to), endStream }
    }
    this.#streamId = streamId
    this.#endStream = endStream
    this.#keep(bytes, from, to)
    return undefined
  }

  /** Takes a CONTINUATION payload. Returns the section when it is complete. */
  continuation(
    flags: number,
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): HeaderSection | undefined {
    if (this.#streamId === 0 || streamId !== this.#streamId) {
      throw connectionError(
        ErrorCode.protocolError,
        `CONTINUATION of stream ${streamId} out of place`,
      )
    }
    this.#keep(bytes, start, end)
    if ((flags & Flag.endHeaders) === 0) return undefined
    const block = Buffer.concat(this.#parts)
    const endStream = this.#endStream
    this.#streamId = 0
    this.#parts = []
    this.#bytes = 0
    return { streamId, headers: this.#decode(block, 0, block.length), endStream }
  }

  #keep(bytes: Uint8Array, start: number, end: number): void {
    this.#parts.push(copyBytes(bytes, start, end))
    this.#bytes += end - start
    if (this.#bytes > maxBlockBytes || this.#parts.length > maxContinuations) {
      throw connectionError(
        ErrorCode.enhanceYourCalm,
        `a header block of ${this.#parts.length} frames, ${this.#bytes} bytes`,
      )
    }
  }

  #decode(bytes: Uint8Array, start: number, end: number): HeaderList {
    try {
      return this.#decoder.decode(bytes, start, end)
    } catch (error) {
      if (!(error instanceof HpackError)) throw error
      throw connectionError(ErrorCode.compressionError, error.message, error)
    }
  }
}
