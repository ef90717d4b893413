// Opens a socket, TLS where asked, and an HTTP/2 session on it; tells which of these steps failed.

import { connect as connectTcp, isIP, type NetConnectOpts, type Socket } from 'node:net'
import type { ConnectionOptions, TLSSocket } from 'node:tls'
import { ErrorCode } from './constants.ts'
import { Http2Error } from './errors.ts'
import { Http2Session } from './session.ts'
import type { SessionIo, SessionOptions } from './session-options.ts'

/** Where to connect: a host and a port, or the path of a unix socket. */
export type ConnectTarget =
  | { readonly host: string; readonly port: number }
  | { readonly path: string }

/** The step of connecting that failed. */
export type ConnectPhase = 'dns' | 'tcp' | 'tls' | 'http2'

/** A connection that could not be opened. */
export class ConnectError extends Error {
  readonly phase: ConnectPhase

  constructor(phase: ConnectPhase, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'ConnectError'
    this.phase = phase
  }
}

/** How to connect. */
export interface ConnectOptions {
  readonly target: ConnectTarget
  /** TLS with these options; `undefined`: cleartext with prior knowledge (RFC 9113 section 3.3). */
  readonly tls?: ConnectionOptions | undefined
  /** Milliseconds until the server's SETTINGS must have come. */
  readonly timeoutMs: number
  readonly session?: SessionOptions | undefined
  /** No new stream can be opened on the session; called after the connection was established. */
  readonly onDraining?: (error: Http2Error) => void
  /** The session is over; called after the connection was established. */
  readonly onClose?: (error: Http2Error) => void
}

/** A connection on its way. */
export interface PendingConnection {
  /** Resolves when the server's SETTINGS have come. Rejects with `ConnectError`. */
  readonly session: Promise<Http2Session>
  /**
   * Gives up, or ends what came of it: `session` rejects if it has not resolved, its streams fail. Resolves when the
   * socket is gone.
   */
  destroy(): Promise<void>
}

const receiveBytes = 64 * 1024
// What the socket may hold for the system to take.
const highWaterBytes = 256 * 1024
// Time a peer gets to take our last frames.
const lingerMs = 200
const longestTimerMs = 2_147_483_647

/** Opens a connection. */
export function connect(options: ConnectOptions): PendingConnection {
  const attempt = new Attempt(options)
  return { session: attempt.session, destroy: () => attempt.destroy() }
}

class Attempt implements SessionIo {
  readonly session: Promise<Http2Session>
  readonly #options: ConnectOptions
  readonly #socket: Socket
  #phase: ConnectPhase
  #http2: Http2Session | undefined
  #settled = false
  #established = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #resolve: (session: Http2Session) => void = () => {}
  #reject: (error: ConnectError) => void = () => {}
  #socketError: Error | undefined

  constructor(options: ConnectOptions) {
    this.#options = options
    this.session = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    const { target } = options
    this.#phase = 'host' in target && isIP(target.host) === 0 ? 'dns' : 'tcp'
    this.#socket = options.tls === undefined ? this.#openTcp() : this.#openTls(options.tls)
    if (options.timeoutMs > 0 && Number.isFinite(options.timeoutMs)) {
      this.#timer = setTimeout(
        () => {
          this.#give(new ConnectError(this.#phase, `no answer within ${options.timeoutMs} ms`))
        },
        Math.min(options.timeoutMs, longestTimerMs),
      )
    }
    this.#listen()
  }

  #openTcp(): Socket {
    const onread = {
      buffer: Buffer.allocUnsafeSlow(receiveBytes),
      callback: (length: number, bytes: Uint8Array) => {
        this.#http2?.receive(bytes, length)
        return true
      },
    }
    // The typings lack `onread` beside `path`; node:net takes it for both.
    const options = { ...this.#options.target, noDelay: true, onread } as NetConnectOpts
    const socket = connectTcp(options)
    socket.once('connect', () => this.#begin())
    return socket
  }

  #openTls(tls: ConnectionOptions): TLSSocket {
    const { target } = this.#options
    const servername =
      tls.servername ?? ('host' in target && isIP(target.host) === 0 ? target.host : '')
    // Loaded when it is wanted: it would take 5 ms of every import.
    const { connect: connectTls } = process.getBuiltinModule('node:tls')
    const socket = connectTls({ ...tls, ...target, servername, ALPNProtocols: ['h2'] })
    socket.setNoDelay(true)
    socket.on('data', (bytes: Buffer) => this.#http2?.receive(bytes, bytes.length))
    socket.once('connect', () => {
      this.#phase = 'tls'
    })
    socket.once('secureConnect', () => {
      if (socket.alpnProtocol === 'h2') this.#begin()
      else this.#give(new ConnectError('tls', 'the server did not choose HTTP/2 (ALPN h2)'))
    })
    return socket
  }

  #listen(): void {
    const socket = this.#socket
    socket.once('lookup', (error: Error | null) => {
      if (error === null) this.#phase = 'tcp'
    })
    socket.on('drain', () => this.#http2?.writable())
    socket.on('error', (error: Error) => {
      this.#socketError = error
    })
    socket.on('end', () => this.#closed())
    socket.on('close', () => this.#closed())
    socket.resume()
  }

  #begin(): void {
    this.#phase = 'http2'
    this.#http2 = new Http2Session(
      this,
      {
        onReady: () => this.#ready(),
        onDraining: (error) => {
          if (this.#established) this.#options.onDraining?.(error)
        },
        onClose: (error) => {
          if (this.#established) this.#options.onClose?.(error)
          else this.#give(new ConnectError('http2', refusalOf(error), error))
        },
      },
      this.#options.session,
    )
  }

  #ready(): void {
    const session = this.#http2
    if (this.#settled || session === undefined) return
    this.#settled = true
    this.#established = true
    clearTimeout(this.#timer)
    this.#socket.unref()
    this.#resolve(session)
  }

  #closed(): void {
    const error = this.#socketError
    const message = error === undefined ? this.#hangUp() : reasonOf(error)
    // With TLS 1.3 a server refuses our certificate after the handshake is done on our side.
    const phase = error !== undefined && isTlsError(error) ? 'tls' : this.#phase
    this.#give(new ConnectError(phase, message, error))
    this.#http2?.disconnected(error)
    this.#socket.destroy()
  }

  #hangUp(): string {
    const what = 'the server closed the connection'
    // Some servers say no more than this to a client whose certificate they do not like.
    const afterHandshake = this.#phase === 'http2' && this.#options.tls !== undefined
    return afterHandshake ? `${what} right after the TLS handshake` : what
  }

  #give(error: ConnectError): void {
    if (this.#settled) return
    this.#settled = true
    clearTimeout(this.#timer)
    this.#reject(error)
    this.#socket.destroy()
  }

  destroy(): Promise<void> {
    const error = new Http2Error('the connection was closed by this side', {
      scope: 'connection',
      errorCode: ErrorCode.noError,
    })
    this.#give(new ConnectError(this.#phase, 'the attempt was given up'))
    this.#http2?.close(error)
    const socket = this.#socket
    if (socket.closed) return Promise.resolve()
    return new Promise((resolve) => {
      socket.once('close', () => resolve())
      if (this.#http2 === undefined) socket.destroy()
    })
  }

  // --- SessionIo ---

  write(bytes: Buffer, done: () => void): boolean {
    this.#socket.write(bytes, done)
    // The socket itself would ask for a pause after 16 KiB, however much the system takes.
    return this.#socket.writableLength < highWaterBytes
  }

  end(): void {
    const socket = this.#socket
    if (socket.destroyed) return
    const timer = setTimeout(() => socket.destroy(), lingerMs)
    socket.once('close', () => clearTimeout(timer))
    socket.end()
  }

  hold(on: boolean): void {
    if (on) this.#socket.ref()
    else this.#socket.unref()
  }
}

// What is no HTTP/2 at all breaks its rules: an HTTP/1.1 answer, or a TLS alert.
function refusalOf(error: Http2Error): string {
  if (error.byPeer || error.errorCode === ErrorCode.noError) return error.message
  return `the server does not speak HTTP/2: ${error.message}`
}

function isTlsError(error: Error): boolean {
  return 'code' in error && /^(?:ERR_SSL_|ERR_TLS_|EPROTO$)/.test(String(error.code))
}

// An AggregateError of several addresses tells nothing by its own message.
function reasonOf(error: Error): string {
  const first = error instanceof AggregateError ? error.errors[0] : error
  return first instanceof Error && first.message !== '' ? first.message : error.message
}
