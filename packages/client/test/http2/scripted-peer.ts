// A server that a test plays frame by frame, over a real socket. Every wait is bounded and fails the test.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { connectionPreface } from '../../src/http2/constants.ts'
import { encodeHeaders, type HeaderEntry } from '../../src/http2/hpack/encoder.ts'
import {
  type BodyOptions,
  dataFrame,
  type Frame,
  type FrameName,
  headersFrame,
  parseFrames,
  settingsAckFrame,
  settingsFrame,
} from './frames.ts'
import { within } from './within.ts'

/** How a scripted peer listens. */
export interface ScriptedPeerOptions {
  readonly tls?: TlsOptions
  /** A unix socket instead of a port. */
  readonly path?: string
}

/** How a connection begins. */
export interface AcceptOptions {
  /** The peer's SETTINGS; `undefined` for none of its own. */
  readonly settings?: readonly (readonly [id: number, value: number])[]
  /** Whether the client's SETTINGS are acknowledged. Default: true. */
  readonly acknowledge?: boolean
}

/** The headers of a response that goes on. */
export const okHeaders: readonly HeaderEntry[] = [[':status', '200']]

/** The listening side. On dispose, a connection that the client left open fails the test. */
export class ScriptedPeer implements AsyncDisposable {
  readonly #server: Server
  readonly #accepted: ScriptedConnection[] = []
  readonly #sockets = new Set<Socket>()
  #wake: () => void = () => {}

  private constructor(options: ScriptedPeerOptions) {
    this.#server =
      options.tls === undefined
        ? createServer({ allowHalfOpen: true, noDelay: true })
        : createTlsServer({ ALPNProtocols: ['h2'], ...options.tls })
    this.#server.on(options.tls === undefined ? 'connection' : 'secureConnection', (socket) => {
      this.#add(socket)
    })
    // What a refused handshake leaves behind is the client's to tell.
    this.#server.on('tlsClientError', () => {})
  }

  static async listen(options: ScriptedPeerOptions = {}): Promise<ScriptedPeer> {
    const peer = new ScriptedPeer(options)
    if (options.path === undefined) peer.#server.listen(0, '127.0.0.1')
    else peer.#server.listen(options.path)
    await once(peer.#server, 'listening')
    return peer
  }

  get port(): number {
    // A server that listens on a port has an address of this form.
    return (this.#server.address() as AddressInfo).port
  }

  get target(): { readonly host: string; readonly port: number } {
    return { host: '127.0.0.1', port: this.port }
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`
  }

  #add(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => this.#sockets.delete(socket))
    this.#accepted.push(new ScriptedConnection(socket))
    this.#wake()
  }

  /** The next connection, on which nothing has been said. */
  async acceptRaw(): Promise<ScriptedConnection> {
    if (this.#accepted.length === 0) {
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      await within(woken, 'a connection')
    }
    const connection = this.#accepted.shift()
    assert(connection !== undefined)
    return connection
  }

  /** The next connection, after both sides' prefaces and acknowledgements. */
  async accept(options: AcceptOptions = {}): Promise<ScriptedConnection> {
    const connection = await this.acceptRaw()
    await connection.begin(options)
    return connection
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    try {
      await within(
        closed,
        'the client to close its connections',
        () => `${this.#sockets.size} are left`,
      )
    } finally {
      for (const socket of this.#sockets) socket.destroy()
    }
  }
}

/** One connection, seen from the server's side. */
export class ScriptedConnection {
  readonly socket: Socket
  readonly #frames: Frame[] = []
  #bytes: Buffer = Buffer.alloc(0)
  #prefacePending = true
  #foreign: string | undefined
  #tableUpdateDue = false
  #over = false
  #wake: () => void = () => {}

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (bytes: Buffer) => this.#take(bytes))
    const over = () => {
      this.#over = true
      this.#wake()
    }
    socket.once('end', over)
    socket.once('close', over)
    // Half-open sockets: when the client has ended, so do we.
    socket.once('end', () => socket.end())
  }

  #take(bytes: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes])
    if (this.#prefacePending) {
      if (this.#bytes.length < connectionPreface.length) return
      const start = this.#bytes.subarray(0, connectionPreface.length).toString('latin1')
      if (start !== connectionPreface) {
        this.#foreign = start
        this.#wake()
        return
      }
      this.#bytes = this.#bytes.subarray(connectionPreface.length)
      this.#prefacePending = false
    }
    const { frames, rest } = parseFrames(this.#bytes)
    this.#bytes = rest
    this.#frames.push(...frames)
    this.#wake()
  }

  /** Reads the client's preface and plays the server's. */
  async begin(options: AcceptOptions = {}): Promise<void> {
    await this.expect('SETTINGS', 0)
    this.send(settingsFrame(options.settings))
    if (options.acknowledge !== false) this.acknowledge()
    // The client enlarges the connection's window before it has read our SETTINGS.
    const answer = await this.next('the acknowledgement of SETTINGS')
    const ack = answer.name === 'WINDOW_UPDATE' ? await this.expect('SETTINGS') : answer
    assert.equal(ack.flags, 1)
  }

  /** Acknowledges the client's SETTINGS; the next block then says that the table has shrunk (RFC 7541 section 4.2). */
  acknowledge(): void {
    this.send(settingsAckFrame())
    this.#tableUpdateDue = true
  }

  /** The client's next frame, whatever it is. */
  async next(what = 'a frame'): Promise<Frame> {
    while (this.#frames.length === 0) {
      if (this.#foreign !== undefined) {
        throw new Error(`the client's preface is ${JSON.stringify(this.#foreign)}`)
      }
      if (this.#over) throw new Error(`the client ended the connection instead of sending ${what}`)
      await this.#change(what)
    }
    const frame = this.#frames.shift()
    assert(frame !== undefined)
    return frame
  }

  /** The client's next frame, which must be of this type. */
  async expect(name: FrameName, streamId?: number): Promise<Frame> {
    const frame = await this.next(name)
    assert.equal(frame.name, name, `expected ${name}, got ${describe(frame)}`)
    if (streamId !== undefined) assert.equal(frame.streamId, streamId)
    return frame
  }

  /** Skips frames until one of this type. */
  async until(name: FrameName): Promise<Frame> {
    for (;;) {
      const frame = await this.next(name)
      if (frame.name === name) return frame
    }
  }

  /** Frames that came and were not asked for yet. A PING and its answer make sure that all sent so far has come. */
  async pending(): Promise<Frame[]> {
    this.send(pingFrameOf('pending?'))
    const frames: Frame[] = []
    for (;;) {
      const frame = await this.next('the answer to a PING')
      if (frame.name === 'PING' && frame.flags === 1 && frame.payload.toString() === 'pending?') {
        return frames
      }
      frames.push(frame)
    }
  }

  /** The error code of the client's GOAWAY, after which the connection must end. Other frames are skipped. */
  async goawayCode(): Promise<number> {
    const frame = await this.until('GOAWAY')
    await this.ended()
    return frame.payload.readUInt32BE(4)
  }

  /** Resolves when the client has ended the connection. */
  async ended(): Promise<void> {
    while (!this.#over) await this.#change('the end of the connection')
  }

  #change(what: string): Promise<void> {
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    return within(woken, what)
  }

  /** Sends bytes, all in one write. */
  send(...parts: readonly Uint8Array[]): void {
    if (this.socket.writable) this.socket.write(Buffer.concat(parts))
  }

  /** Sends bytes one by one, each in a turn of its own. */
  async trickle(...parts: readonly Uint8Array[]): Promise<void> {
    for (const byte of Buffer.concat(parts)) {
      await new Promise<unknown>((resolve) => this.socket.write(Buffer.of(byte), resolve))
      await new Promise<void>((resolve) => setImmediate(resolve))
    }
  }

  /** A header block, with the table size update where one is due. Blocks must be sent in the order they were made. */
  block(fields: readonly HeaderEntry[]): Uint8Array {
    const clearTable = this.#tableUpdateDue
    this.#tableUpdateDue = false
    return encodeHeaders(fields, { clearTable })
  }

  headers(streamId: number, fields: readonly HeaderEntry[], options?: BodyOptions): void {
    this.send(headersFrame(streamId, this.block(fields), options))
  }

  data(streamId: number, content: string | Uint8Array, options?: BodyOptions): void {
    this.send(dataFrame(streamId, content, options))
  }

  /** Answers a stream: status 200, a body, the end. */
  respond(streamId: number, body = 'ok'): void {
    this.send(
      headersFrame(streamId, this.block(okHeaders)),
      dataFrame(streamId, body, { end: true }),
    )
  }

  /** Ends our side and leaves the client's open. */
  halfClose(): void {
    this.socket.end()
  }

  /** Ends the connection by RST. */
  resetConnection(): void {
    this.socket.resetAndDestroy()
  }

  destroy(): void {
    this.socket.destroy()
  }
}

function pingFrameOf(payload: string): Buffer {
  return Buffer.concat([Buffer.of(0, 0, 8, 6, 0, 0, 0, 0, 0), Buffer.from(payload)])
}

function describe(frame: Frame): string {
  return `${frame.name} (flags ${frame.flags}, stream ${frame.streamId}, ${frame.payload.toString('hex')})`
}
