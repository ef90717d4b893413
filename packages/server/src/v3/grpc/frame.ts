// gRPC's length-prefixed messages, in and out.

import { gunzipSync } from 'node:zlib'
import { type MessageType, statusNumbers, Writer } from '@etcdkit/protocol'
import { StatusError } from '../status.ts'

const prefixBytes = 5
/** A writer that grew beyond this is not kept. */
const keptBytes = 65536
const newBytes = 4096

let writer = new Writer(newBytes)

/** A message with its prefix. */
export function frameMessage(type: MessageType<object>, message: object): Buffer {
  writer.reset()
  writer.skip(prefixBytes)
  type.write(writer, message)
  const bytes = Buffer.allocUnsafe(writer.length)
  bytes.set(writer.view())
  bytes.writeUInt32BE(writer.length - prefixBytes, 1)
  if (writer.capacity > keptBytes) writer = new Writer(newBytes)
  return bytes
}

/** Puts messages together from the pieces they come in. */
export class MessageReader {
  readonly #maxBytes: number
  readonly #encoding: string
  #rest: Uint8Array | undefined
  /** Pieces of a message that is not complete, and how many bytes they are. */
  #pieces: Uint8Array[] = []
  #gathered = 0
  #wanted = prefixBytes

  /** `encoding`: the way of compression that the client names, `identity` for none. */
  constructor(maxBytes: number, encoding: string) {
    this.#maxBytes = maxBytes
    this.#encoding = encoding
  }

  /** Whether what came ends within a message, after its prefix. */
  get partial(): boolean {
    return this.#gathered >= prefixBytes
  }

  push(bytes: Uint8Array): void {
    if (this.#gathered === 0 && this.#rest === undefined) {
      this.#rest = bytes
      return
    }
    if (this.#rest !== undefined) {
      this.#keep(this.#rest)
      this.#rest = undefined
    }
    this.#keep(bytes)
  }

  /**
   * The next message, if it is complete: a view on what was pushed. Throws the status of a call that sent something
   * else. Source: grpc-go `rpc_util.go`, recvMsg and recvAndDecompress.
   */
  next(): Uint8Array | undefined {
    const bytes = this.#rest ?? this.#joined()
    if (bytes === undefined) return undefined
    this.#rest = undefined
    if (bytes.length < prefixBytes) return this.#wait(bytes, prefixBytes)
    const end = prefixBytes + this.#lengthOf(bytes)
    if (bytes.length < end) return this.#wait(bytes, end)
    if (bytes.length > end) this.#rest = view(bytes, end, bytes.length)
    const message = view(bytes, prefixBytes, end)
    return bytes[0] === 1 ? this.#inflate(message) : message
  }

  #lengthOf(bytes: Uint8Array): number {
    const [flag = 0, a = 0, b = 0, c = 0, d = 0] = bytes
    if (flag !== 0) this.#assertFlag(flag)
    const length = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0
    if (length > this.#maxBytes) throw tooLarge(length, this.#maxBytes)
    return length
  }

  #assertFlag(flag: number): void {
    if (flag !== 1) throw internal(`grpc: received unexpected payload format ${flag}`)
    if (this.#encoding === 'identity') {
      throw internal('grpc: compressed flag set with identity or empty encoding')
    }
  }

  #inflate(message: Uint8Array): Uint8Array {
    try {
      return gunzipSync(message, { maxOutputLength: this.#maxBytes })
    } catch (error) {
      const fact = error instanceof Error ? error.message : String(error)
      throw internal(`grpc: failed to decompress the message: ${fact}`)
    }
  }

  #joined(): Uint8Array | undefined {
    if (this.#gathered === 0 || this.#gathered < this.#wanted) return undefined
    const bytes = Buffer.concat(this.#pieces, this.#gathered)
    this.#pieces = []
    this.#gathered = 0
    return bytes
  }

  #wait(bytes: Uint8Array, wanted: number): undefined {
    this.#wanted = wanted
    if (bytes.length > 0) this.#keep(bytes)
  }

  #keep(bytes: Uint8Array): void {
    this.#pieces.push(bytes)
    this.#gathered += bytes.length
  }
}

function view(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start)
}

function internal(message: string): StatusError {
  return new StatusError({ status: statusNumbers.internal, message })
}

function tooLarge(length: number, max: number): StatusError {
  return new StatusError({
    status: statusNumbers['resource-exhausted'],
    message: `grpc: received message larger than max (${length} vs. ${max})`,
  })
}
