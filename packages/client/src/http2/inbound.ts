// The frames a server sends, each checked against RFC 9113 before anything is done about it.

import { ErrorCode, Flag, FrameType, maxWindowBytes } from './constants.ts'
import { connectionError, type Http2Error, resetByPeer } from './errors.ts'
import type { FloodGuard } from './flood-guard.ts'
import type { FrameSink } from './frame-reader.ts'
import { HeaderAssembler, type HeaderSection } from './header-assembler.ts'
import { HeaderRules } from './header-rules.ts'
import type { HeaderList } from './hpack/decoder.ts'
import { expectLength, type Goaway, parseGoaway, readWord } from './payloads.ts'
import type { ReceiveFlow } from './receive-flow.ts'
import type { Http2Stream } from './stream.ts'

/** The session as its incoming frames see it. */
export interface InboundTarget {
  /** The server's SETTINGS have not come yet. */
  readonly isStarting: boolean
  /** Whether a stream of this id was ever opened, by us. */
  isKnown(id: number): boolean
  /** The stream, if it is open. */
  streamOf(id: number): Http2Stream | undefined
  /** The server has ended the stream: with a header section, or with DATA. */
  ended(stream: Http2Stream, last: HeaderList | undefined): void
  /** The server has reset the stream. */
  reset(stream: Http2Stream, error: Http2Error): void
  /** The server broke a rule on this stream. */
  fault(stream: Http2Stream, errorCode: number, message: string): void
  settings(bytes: Uint8Array, start: number, end: number): void
  ping(payload: Uint8Array): void
  goaway(goaway: Goaway): void
  /** Credit for the connection. */
  grow(growth: number): void
  /** Credit for a stream; 0 is a fault. */
  growStream(stream: Http2Stream, growth: number): void
}

/** Checks frames and passes on what they say. Throws connection errors. */
export class Inbound implements FrameSink {
  readonly #target: InboundTarget
  readonly #flow: ReceiveFlow
  readonly #flood: FloodGuard
  readonly #assembler: HeaderAssembler
  readonly #rules = new HeaderRules()
  #settingsPending = true
  // The stream of the DATA frame in progress, looked up once a frame. A call that is sent again gets another id.
  #dataStream: Http2Stream | undefined
  #dataId = 0

  constructor(target: InboundTarget, flow: ReceiveFlow, flood: FloodGuard, maxListSize: number) {
    this.#target = target
    this.#flow = flow
    this.#flood = flood
    this.#assembler = new HeaderAssembler({ maxTableSize: 4096, maxListSize })
  }

  onDataStart(streamId: number, flowBytes: number): void {
    this.#expectNoBlock()
    this.#expectKnown(streamId, 'DATA')
    if (flowBytes === 0) this.#flood.count()
    this.#flow.received(flowBytes)
    this.#dataStream = undefined
    this.#dataId = streamId
    const stream = this.#target.streamOf(streamId)
    if (stream === undefined) return
    if (!stream.headersSeen) {
      this.#target.fault(stream, ErrorCode.protocolError, 'DATA before HEADERS')
    } else if (!this.#flow.receivedOn(stream, flowBytes)) {
      const message = 'the server exceeded the stream window'
      this.#target.fault(stream, ErrorCode.flowControlError, message)
    } else this.#dataStream = stream
  }

  onDataBytes(bytes: Uint8Array, start: number, end: number): void {
    const stream = this.#dataStream
    if (stream === undefined || this.#target.streamOf(this.#dataId) !== stream) return
    const consumed = stream.onData(bytes, start, end)
    if (consumed > 0) this.#giveBack(stream, consumed)
  }

  onDataEnd(flowOnly: number, endStream: boolean): void {
    const stream = this.#dataStream
    this.#dataStream = undefined
    if (stream === undefined || this.#target.streamOf(this.#dataId) !== stream) return
    if (endStream) this.#target.ended(stream, undefined)
    else if (flowOnly > 0) this.#giveBack(stream, flowOnly)
  }

  onFrame(
    type: number,
    flags: number,
    id: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (this.#target.isStarting && (type !== FrameType.settings || (flags & Flag.ack) !== 0)) {
      throw connectionError(ErrorCode.protocolError, 'the server did not begin with SETTINGS')
    }
    if (type === FrameType.headers) {
      this.#expectNoBlock()
      this.#expectKnown(id, 'HEADERS')
      this.#onHeaders(this.#assembler.headers(flags, id, bytes, start, end))
    } else if (type === FrameType.continuation) {
      this.#onHeaders(this.#assembler.continuation(flags, id, bytes, start, end))
    } else {
      this.#expectNoBlock()
      this.#flood.count()
      this.#onControl(type, flags, id, bytes, start, end)
    }
  }

  // Frames of unknown types are ignored (RFC 9113 section 5.5).
  #onControl(
    type: number,
    flags: number,
    id: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (type === FrameType.windowUpdate) this.#onWindowUpdate(id, bytes, start, end)
    else if (type === FrameType.rstStream) this.#onReset(id, bytes, start, end)
    else if (type === FrameType.settings) this.#onSettings(flags, id, bytes, start, end)
    else if (type === FrameType.ping) this.#onPing(flags, id, bytes, start, end)
    else if (type === FrameType.goaway) {
      expectConnection(id, 'GOAWAY')
      this.#target.goaway(parseGoaway(bytes, start, end))
    } else if (type === FrameType.priority) {
      expectLength('PRIORITY', end - start, 5)
      if (id === 0) throw connectionError(ErrorCode.protocolError, 'PRIORITY on stream 0')
    } else if (type === FrameType.pushPromise) {
      throw connectionError(ErrorCode.protocolError, 'PUSH_PROMISE although push is off')
    }
  }

  #onHeaders(section: HeaderSection | undefined): void {
    if (section === undefined) return
    const stream = this.#target.streamOf(section.streamId)
    if (stream === undefined) return
    const { headers, endStream } = section
    if (headers.tooLarge) {
      this.#target.fault(stream, ErrorCode.enhanceYourCalm, 'the header list is over the limit')
      return
    }
    const fault = this.#rules.check(headers, stream.headersSeen)
    if (fault !== undefined || (stream.headersSeen && !endStream)) {
      const message = fault ?? 'trailers without END_STREAM'
      this.#target.fault(stream, ErrorCode.protocolError, message)
      return
    }
    if (!stream.headersSeen && headers.status?.startsWith('1')) {
      this.#flood.count()
      if (endStream) {
        this.#target.fault(stream, ErrorCode.protocolError, 'an informational response that ends')
      }
      return
    }
    stream.headersSeen = true
    if (endStream) this.#target.ended(stream, headers)
    else stream.onHeaders(headers, false)
  }

  #onReset(id: number, bytes: Uint8Array, start: number, end: number): void {
    expectLength('RST_STREAM', end - start, 4)
    this.#expectKnown(id, 'RST_STREAM')
    const stream = this.#target.streamOf(id)
    if (stream !== undefined) this.#target.reset(stream, resetByPeer(readWord(bytes, start)))
  }

  #onSettings(flags: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    expectConnection(id, 'SETTINGS')
    if ((flags & Flag.ack) !== 0) {
      expectLength('SETTINGS acknowledgement', end - start, 0)
      if (this.#settingsPending) this.#assembler.setMaxTableSize(0)
      this.#settingsPending = false
    } else if ((end - start) % 6 !== 0) {
      throw connectionError(ErrorCode.frameSizeError, `SETTINGS of ${end - start} bytes`)
    } else this.#target.settings(bytes, start, end)
  }

  #onPing(flags: number, id: number, bytes: Uint8Array, start: number, end: number): void {
    expectLength('PING', end - start, 8)
    expectConnection(id, 'PING')
    if ((flags & Flag.ack) === 0) this.#target.ping(bytes.subarray(start, end))
  }

  #onWindowUpdate(id: number, bytes: Uint8Array, start: number, end: number): void {
    expectLength('WINDOW_UPDATE', end - start, 4)
    const growth = readWord(bytes, start) & maxWindowBytes
    if (id === 0) {
      if (growth === 0) throw connectionError(ErrorCode.protocolError, 'WINDOW_UPDATE of 0 bytes')
      this.#target.grow(growth)
      return
    }
    this.#expectKnown(id, 'WINDOW_UPDATE')
    const stream = this.#target.streamOf(id)
    if (stream !== undefined) this.#target.growStream(stream, growth)
  }

  #giveBack(stream: Http2Stream, bytes: number): void {
    if (this.#target.streamOf(this.#dataId) === stream) this.#flow.consumed(stream, bytes)
  }

  #expectNoBlock(): void {
    if (this.#assembler.openStream !== 0) {
      throw connectionError(ErrorCode.protocolError, 'a frame inside a header block')
    }
  }

  // Streams that are over may still be spoken of; streams never opened, and the server's own, may not.
  #expectKnown(id: number, frame: string): void {
    if (!this.#target.isKnown(id)) {
      const message = `${frame} on stream ${id}, which was never opened`
      throw connectionError(ErrorCode.protocolError, message)
    }
  }
}

function expectConnection(id: number, frame: string): void {
  if (id !== 0) throw connectionError(ErrorCode.protocolError, `${frame} on stream ${id}`)
}
