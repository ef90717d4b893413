// Request bodies under flow control: sent at once when the windows allow, else kept in order until they do.

import { copyBytes } from './bytes.ts'
import { defaultWindowBytes, ErrorCode, maxWindowBytes } from './constants.ts'
import { connectionError } from './errors.ts'
import type { Outbox } from './outbox.ts'
import type { PeerSettings } from './settings.ts'
import type { Http2Stream, PendingBody } from './stream.ts'

/** The sending half of both flow-control levels (RFC 9113 section 5.2). */
export class SendFlow {
  readonly #outbox: Outbox
  readonly #waiting = new Set<Http2Stream>()
  #window = defaultWindowBytes

  constructor(outbox: Outbox) {
    this.#outbox = outbox
  }

  /** Sends body bytes after those sent before. `bytes` may be reused by the caller afterwards. */
  send(stream: Http2Stream, bytes: Uint8Array, end: boolean, peer: PeerSettings): void {
    const length = bytes.length
    if (
      stream.pending === undefined &&
      length <= this.#window &&
      length <= stream.sendWindow &&
      length <= peer.maxFrameSize
    ) {
      this.#window -= length
      stream.sendWindow -= length
      this.#outbox.data(stream.id, bytes, 0, length, end)
      return
    }
    stream.pending ??= { chunks: [], offset: 0, end: false }
    if (length > 0) stream.pending.chunks.push(copyBytes(bytes))
    stream.pending.end ||= end
    this.#waiting.add(stream)
    this.#pump(stream, peer)
  }

  /** The peer gave credit to the whole connection. */
  grow(bytes: number, peer: PeerSettings): void {
    if (this.#window + bytes > maxWindowBytes) {
      throw connectionError(ErrorCode.flowControlError, 'the connection window grew beyond 2^31-1')
    }
    this.#window += bytes
    this.pumpAll(peer)
  }

  /** The peer gave credit to one stream. Returns `false` when its window grew beyond the limit. */
  growStream(stream: Http2Stream, bytes: number, peer: PeerSettings): boolean {
    if (stream.sendWindow + bytes > maxWindowBytes) return false
    stream.sendWindow += bytes
    if (stream.pending !== undefined) this.#pump(stream, peer)
    return true
  }

  /** The peer changed the window that streams begin with: the open ones shift, also below 0 (RFC 9113 6.9.2). */
  shift(streams: Iterable<Http2Stream>, delta: number, peer: PeerSettings): void {
    if (delta === 0) return
    for (const stream of streams) {
      if (stream.sendWindow + delta > maxWindowBytes) {
        throw connectionError(ErrorCode.flowControlError, 'SETTINGS made a stream window too large')
      }
      stream.sendWindow += delta
    }
    if (delta > 0) this.pumpAll(peer)
  }

  /** Sends what the windows allow, of every stream that waits, the longest waiting first. */
  pumpAll(peer: PeerSettings): void {
    if (this.#waiting.size === 0) return
    for (const stream of [...this.#waiting]) {
      if (this.#window <= 0) return
      this.#pump(stream, peer)
    }
  }

  /** The stream is over: what waits of it is dropped. */
  forget(stream: Http2Stream): void {
    if (stream.pending === undefined) return
    stream.pending = undefined
    this.#waiting.delete(stream)
  }

  #pump(stream: Http2Stream, peer: PeerSettings): void {
    const pending = stream.pending
    if (pending === undefined) return
    // An END_STREAM without bytes needs no window (RFC 9113 6.9.1).
    if (pending.chunks.length === 0) this.#outbox.data(stream.id, emptyBytes, 0, 0, pending.end)
    while (pending.chunks.length > 0) {
      const room = Math.min(this.#window, stream.sendWindow, peer.maxFrameSize)
      if (room <= 0) {
        this.#requeue(stream)
        return
      }
      this.#sendPart(stream, pending, room)
    }
    this.forget(stream)
  }

  #sendPart(stream: Http2Stream, pending: PendingBody, room: number): void {
    const chunk = pending.chunks[0] ?? emptyBytes
    const stop = Math.min(chunk.length, pending.offset + room)
    const whole = stop === chunk.length
    const end = whole && pending.chunks.length === 1 && pending.end
    this.#window -= stop - pending.offset
    stream.sendWindow -= stop - pending.offset
    this.#outbox.data(stream.id, chunk, pending.offset, stop, end)
    pending.offset = whole ? 0 : stop
    if (whole) pending.chunks.shift()
  }

  // To the end of the queue, so that one large body does not hold back the others.
  #requeue(stream: Http2Stream): void {
    this.#waiting.delete(stream)
    this.#waiting.add(stream)
  }
}

const emptyBytes = new Uint8Array(0)
