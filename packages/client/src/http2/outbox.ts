// The frames of one tick in one buffer, and one socket write for all of them, or for each 64 KiB where they are many.

import { Flag, FrameType, frameHeaderBytes } from './constants.ts'

/** Where the bytes go. */
export interface ByteSink {
  /** Takes a buffer until `done` is called; returns `false` when it wants a pause until `Outbox.resume`. */
  write(bytes: Buffer, done: () => void): boolean
}

const smallestBuffer = 64 * 1024
const keptBuffers = 2
const settled = Promise.resolve()

/** Collects frames; a flush writes them all at once. */
export class Outbox {
  readonly #sink: ByteSink
  readonly #free: Buffer[] = []
  #buffer: Buffer = Buffer.allocUnsafeSlow(smallestBuffer)
  #length = 0
  #scheduled = false
  #writes = 0
  #blocked = false
  #closed = false

  readonly #flushLater = (): void => process.nextTick(flushOutbox, this)

  constructor(sink: ByteSink) {
    this.#sink = sink
  }

  /** Bytes that wait because the socket does not take more. */
  get backlog(): number {
    return this.#blocked ? this.#length : 0
  }

  /** 0 while the socket takes bytes, else a number that is another one each time it stops to. */
  get blockage(): number {
    return this.#blocked ? this.#writes : 0
  }

  /** HEADERS, with CONTINUATION where the block is larger than a frame. `prefix` is put before the block. */
  headers(
    id: number,
    block: Uint8Array,
    endStream: boolean,
    prefix: Uint8Array,
    maxFrameBytes: number,
  ): void {
    const total = prefix.length + block.length
    if (total > maxFrameBytes) {
      this.#longHeaders(id, Buffer.concat([prefix, block]), endStream, maxFrameBytes)
      return
    }
    const flags = endStream ? Flag.endHeaders | Flag.endStream : Flag.endHeaders
    const at = this.#frame(total, FrameType.headers, flags, id)
    if (prefix.length > 0) this.#buffer.set(prefix, at)
    this.#buffer.set(block, at + prefix.length)
  }

  #longHeaders(id: number, block: Uint8Array, endStream: boolean, maxFrameBytes: number): void {
    for (let start = 0; start < block.length; start += maxFrameBytes) {
      const end = Math.min(start + maxFrameBytes, block.length)
      let flags = end === block.length ? Flag.endHeaders : 0
      if (start === 0 && endStream) flags |= Flag.endStream
      const type = start === 0 ? FrameType.headers : FrameType.continuation
      const at = this.#frame(end - start, type, flags, id)
      this.#buffer.set(block.subarray(start, end), at)
    }
  }

  /** One DATA frame of `bytes[start..end)`. */
  data(id: number, bytes: Uint8Array, start: number, end: number, endStream: boolean): void {
    const at = this.#frame(end - start, FrameType.data, endStream ? Flag.endStream : 0, id)
    if (start === 0 && end === bytes.length) this.#buffer.set(bytes, at)
    else this.#buffer.set(bytes.subarray(start, end), at)
  }

  /** Any other frame, payload as given. */
  frame(type: number, flags: number, id: number, payload: Uint8Array): void {
    // First the room, then the buffer: it may have become another one.
    const at = this.#frame(payload.length, type, flags, id)
    this.#buffer.set(payload, at)
  }

  /** A frame whose payload is one 32-bit number: RST_STREAM and WINDOW_UPDATE. */
  word(type: number, id: number, value: number): void {
    const at = this.#frame(4, type, 0, id)
    this.#buffer.writeUInt32BE(value, at)
  }

  /** Bytes that are no frame: the connection preface. */
  raw(text: string): void {
    const at = this.#reserve(text.length)
    this.#buffer.write(text, at, 'latin1')
  }

  /** Writes what has been collected, now. */
  flush(): void {
    this.#scheduled = false
    if (this.#length === 0 || this.#blocked || this.#closed) return
    const buffer = this.#buffer
    const bytes = buffer.subarray(0, this.#length)
    this.#buffer = this.#free.pop() ?? Buffer.allocUnsafeSlow(smallestBuffer)
    this.#length = 0
    this.#writes++
    const keepGoing = this.#sink.write(bytes, () => {
      if (buffer.length === smallestBuffer && this.#free.length < keptBuffers)
        this.#free.push(buffer)
    })
    if (!keepGoing) this.#blocked = true
  }

  /** The socket takes bytes again. */
  resume(): void {
    this.#blocked = false
    this.flush()
  }

  /** Drops what waits, and all that comes. */
  close(): void {
    this.#closed = true
    this.#length = 0
  }

  // After all promise continuations of this tick: calls made in one go leave in one write, and so does the next call of
  // who waited for an answer with the answer to the PING that came along. Straight from a socket's callback, nextTick
  // would come before the continuations.
  #schedule(): void {
    if (this.#scheduled || this.#closed) return
    this.#scheduled = true
    // `queueMicrotask` costs three times as much.
    void settled.then(this.#flushLater)
  }

  #frame(length: number, type: number, flags: number, id: number): number {
    const at = this.#reserve(frameHeaderBytes + length)
    const buffer = this.#buffer
    buffer[at] = length >>> 16
    buffer[at + 1] = length >>> 8
    buffer[at + 2] = length
    buffer[at + 3] = type
    buffer[at + 4] = flags
    buffer[at + 5] = id >>> 24
    buffer[at + 6] = id >>> 16
    buffer[at + 7] = id >>> 8
    buffer[at + 8] = id
    return at + frameHeaderBytes
  }

  #reserve(bytes: number): number {
    if (this.#closed) this.#length = 0
    if (this.#length + bytes > this.#buffer.length) this.#makeRoom(bytes)
    const at = this.#length
    this.#length = at + bytes
    this.#schedule()
    return at
  }

  // What is full leaves; what may not leave yet is moved to a larger buffer, at the price of a copy.
  #makeRoom(bytes: number): void {
    this.flush()
    const needed = this.#length + bytes
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.length * 2))
    larger.set(this.#buffer.subarray(0, this.#length))
    this.#buffer = larger
  }
}

function flushOutbox(outbox: Outbox): void {
  outbox.flush()
}
