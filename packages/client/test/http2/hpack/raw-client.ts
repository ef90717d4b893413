// HTTP/2 by hand, just enough to send blocks to a node:http2 server and see the blocks nghttp2 answers with.

import { once } from 'node:events'
import type { Http2Server } from 'node:http2'
import { type AddressInfo, connect, type Socket } from 'node:net'

/** The frame types and flags used here (RFC 9113, 6). */
export const frameType = { data: 0x0, headers: 0x1, settings: 0x4, goaway: 0x7, continuation: 0x9 }
export const frameFlag = { ack: 0x1, endStream: 0x1, endHeaders: 0x4 }

const headerTableSize = 0x1

export interface Frame {
  readonly type: number
  readonly flags: number
  readonly streamId: number
  readonly payload: Buffer
}

export class RawClient {
  readonly #socket: Socket
  readonly #frames: AsyncGenerator<Frame, void, undefined>

  private constructor(socket: Socket) {
    this.#socket = socket
    this.#frames = readFrames(socket)
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  }

  /** Connects and sends the preface; the SETTINGS frame due next is the caller's. */
  static async connect(server: Http2Server): Promise<RawClient> {
    // A server that listens on TCP has an address with a port.
    const { port } = server.address() as AddressInfo
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    return new RawClient(socket)
  }

  send(type: number, flags: number, streamId: number, payload: Uint8Array): void {
    const head = Buffer.alloc(9)
    head.writeUIntBE(payload.length, 0, 3)
    head[3] = type
    head[4] = flags
    head.writeUInt32BE(streamId, 5)
    this.#socket.write(Buffer.concat([head, payload]))
  }

  /** Sends SETTINGS with, if given, this HEADER_TABLE_SIZE. */
  sendSettings(tableSize?: number): void {
    const payload = Buffer.alloc(tableSize === undefined ? 0 : 6)
    if (tableSize !== undefined) {
      payload.writeUInt16BE(headerTableSize, 0)
      payload.writeUInt32BE(tableSize, 2)
    }
    this.send(frameType.settings, 0, 0, payload)
  }

  /** Sends a request without a body. */
  sendRequest(streamId: number, block: Uint8Array): void {
    const flags = frameFlag.endStream | frameFlag.endHeaders
    this.send(frameType.headers, flags, streamId, block)
  }

  /** The next frame. Answers SETTINGS, throws on GOAWAY and at the end of the connection. */
  async read(): Promise<Frame> {
    const { value: frame } = await this.#frames.next()
    if (frame === undefined) throw new Error('connection ended')
    if (frame.type === frameType.goaway) {
      throw new Error(`GOAWAY: code ${frame.payload.readUInt32BE(4)}`)
    }
    if (frame.type === frameType.settings && (frame.flags & frameFlag.ack) === 0) {
      this.send(frameType.settings, frameFlag.ack, 0, new Uint8Array(0))
    }
    return frame
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#frames.return()
    if (this.#socket.closed) return
    this.#socket.destroy()
    await once(this.#socket, 'close')
  }
}

async function* readFrames(socket: Socket): AsyncGenerator<Frame, void, undefined> {
  let rest = Buffer.alloc(0)
  for await (const chunk of socket) {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const end = 9 + rest.readUIntBE(0, 3)
      yield {
        type: rest.readUInt8(3),
        flags: rest.readUInt8(4),
        streamId: rest.readUInt32BE(5),
        payload: rest.subarray(9, end),
      }
      rest = rest.subarray(end)
    }
  }
}
