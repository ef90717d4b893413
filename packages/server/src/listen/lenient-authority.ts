// Makes the requests of one old client readable to Node: etcd's Go client before 3.5, where it is told an endpoint with a
// scheme, sends `http://127.0.0.1:2379` as the authority of Status, Defragment and HashKV. Go takes that, Node resets the
// stream. In such an authority the slashes become dots before Node sees them; nobody else looks at it.

import { Duplex } from 'node:stream'
import { preface } from './opening.ts'

const frameHeaderBytes = 9
const headersFrame = 1
const padded = 0x8
const withPriority = 0x20

/** A connection whose client's authorities are made readable on the way in; all else passes as it is. */
export function lenientAuthority(socket: Duplex): Duplex {
  const frames = new FrameWalker(preface.length)
  const lenient = new Duplex({
    read: () => {
      socket.resume()
    },
    write: (chunk, encoding, done) => {
      if (socket.write(chunk, encoding)) done()
      else socket.once('drain', () => done())
    },
    final: (done) => {
      socket.end(done)
    },
    destroy: (error, done) => {
      socket.destroy()
      done(error)
    },
  })
  socket.on('data', (chunk: Buffer) => {
    const room = frames.push(chunk).map((part) => lenient.push(part))
    if (room.includes(false)) socket.pause()
  })
  socket.on('end', () => lenient.push(null))
  socket.on('close', () => lenient.destroy())
  return lenient
}

/** Finds the frames of headers in what comes in, however it is cut. */
class FrameWalker {
  /** Bytes that pass before the next frame begins. */
  #pass: number
  /** The beginning of a frame that is not complete. */
  #held: Buffer = Buffer.alloc(0)

  constructor(pass: number) {
    this.#pass = pass
  }

  /** What can be passed on, in order. */
  push(chunk: Buffer): Buffer[] {
    const passed = chunk.subarray(0, this.#pass)
    this.#pass -= passed.length
    const out = passed.length > 0 ? [passed] : []
    let rest = Buffer.concat([this.#held, chunk.subarray(passed.length)])
    while (this.#pass === 0 && rest.length >= frameHeaderBytes) {
      const end = frameHeaderBytes + rest.readUIntBE(0, 3)
      const isHeaders = rest[3] === headersFrame
      if (isHeaders && rest.length < end) break
      const frame = rest.subarray(0, end)
      if (isHeaders) makeReadable(blockOf(frame))
      out.push(frame)
      this.#pass = end - frame.length
      rest = rest.subarray(end)
    }
    this.#held = rest
    return out
  }
}

/** The header block in a frame of headers. Source: RFC 9113, section 6.2. */
function blockOf(frame: Buffer): Buffer {
  const flags = frame[4] ?? 0
  const isPadded = (flags & padded) !== 0
  const start = frameHeaderBytes + (isPadded ? 1 : 0) + ((flags & withPriority) === 0 ? 0 : 5)
  return frame.subarray(start, frame.length - (isPadded ? (frame[frameHeaderBytes] ?? 0) : 0))
}

/** Changes the authority in a block, in place, if it has a scheme. Source: RFC 7541, section 6. */
function makeReadable(block: Buffer): void {
  const reader = new BlockReader(block)
  while (reader.more) {
    const first = block[reader.at] ?? 0
    if (first >= 0x80) reader.integer(7)
    else if (first >= 0x20 && first < 0x40) reader.integer(5)
    else {
      const name = reader.integer(first >= 0x40 ? 6 : 4)
      if (name === 0) reader.text()
      const value = reader.text()
      if (name === authorityIndex) replaceScheme(value)
    }
  }
}

const authorityIndex = 1

interface Text {
  readonly isHuffman: boolean
  readonly bytes: Buffer
}

class BlockReader {
  readonly #block: Buffer
  at = 0

  constructor(block: Buffer) {
    this.#block = block
  }

  get more(): boolean {
    return this.at < this.#block.length
  }

  /** Source: RFC 7541, section 5.1. */
  integer(bits: number): number {
    const most = 2 ** bits - 1
    let value = (this.#block[this.at++] ?? 0) & most
    if (value < most) return value
    for (let shift = 1; this.more; shift *= 128) {
      const byte = this.#block[this.at++] ?? 0
      value += (byte & 0x7f) * shift
      if (byte < 0x80) break
    }
    return value
  }

  text(): Text {
    const isHuffman = ((this.#block[this.at] ?? 0) & 0x80) !== 0
    const length = this.integer(7)
    const bytes = this.#block.subarray(this.at, this.at + length)
    this.at += length
    return { isHuffman, bytes }
  }
}

// A slash and a dot are six bits each in the code of RFC 7541, appendix B, so that no length changes.
const schemes: readonly { readonly found: string; readonly put: string }[] = [
  { found: 'http://', put: 'http:..' },
  { found: 'https://', put: 'https:..' },
]
const codes: Readonly<Record<string, string>> = {
  h: '100111',
  t: '01001',
  p: '101011',
  s: '01000',
  ':': '1011100',
  '/': '011000',
  '.': '010111',
}

function replaceScheme({ isHuffman, bytes }: Text): void {
  const written = isHuffman ? toBits(bytes) : bytes.toString('latin1')
  for (const { found, put } of schemes) {
    const [from, to] = isHuffman ? [encode(found), encode(put)] : [found, put]
    if (!written.startsWith(from)) continue
    const replaced = to + written.slice(from.length)
    if (isHuffman) fromBits(replaced, bytes)
    else bytes.write(replaced, 'latin1')
  }
}

function encode(text: string): string {
  return [...text].map((character) => codes[character]).join('')
}

function toBits(bytes: Buffer): string {
  return [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
}

function fromBits(bits: string, into: Buffer): void {
  for (let index = 0; index < into.length; index++) {
    into[index] = Number.parseInt(bits.slice(index * 8, index * 8 + 8), 2)
  }
}
