// A client's HTTP/2 connection: its streams, their windows, and its end. What travels in them is the caller's.

import { copyBytes, joinBytes } from './bytes.ts'
import {
  defaultWindowBytes,
  ErrorCode,
  errorName,
  Flag,
  FrameType,
  maxStreamId,
} from './constants.ts'
import { asUnprocessed, connectionError, Http2Error, lost } from './errors.ts'
import { FloodGuard } from './flood-guard.ts'
import { FrameReader } from './frame-reader.ts'
import type { HeaderList } from './hpack/decoder.ts'
import { Inbound, type InboundTarget } from './inbound.ts'
import { Liveness } from './liveness.ts'
import { Outbox } from './outbox.ts'
import { type Goaway, goawayPayload } from './payloads.ts'
import { sendPreface } from './preface.ts'
import { ReceiveFlow } from './receive-flow.ts'
import { SendFlow } from './send-flow.ts'
import type { SessionEvents, SessionIo, SessionOptions } from './session-options.ts'
import { applySettings, initialPeerSettings, type PeerSettings } from './settings.ts'
import type { Http2Stream } from './stream.ts'
import { StreamQueue, type StreamTaker, type WaitingStream } from './stream-queue.ts'

// Over this, new streams wait until the socket has taken what came before them.
const maxBacklogBytes = 4 * 1024 * 1024

const noBytes = new Uint8Array(0)
const clearTable = Uint8Array.of(0x20)
const pingPayload = Uint8Array.from('etcdkit!', (character) => character.charCodeAt(0))

/** A connection as a client sees it. Give it what is received by `receive`, and its end by `disconnected`. */
export class Http2Session implements InboundTarget, StreamTaker {
  /** Whether the server is still there. */
  readonly liveness: Liveness
  readonly #io: SessionIo
  readonly #events: SessionEvents
  readonly #outbox: Outbox
  readonly #flow: SendFlow
  readonly #reader: FrameReader
  readonly #received: ReceiveFlow
  readonly #streams = new Map<number, Http2Stream>()
  readonly #queue: StreamQueue
  // How many streams the lasting ones leave to others.
  readonly #reserve: number
  #peer: PeerSettings = initialPeerSettings()
  #state: 'starting' | 'open' | 'draining' | 'closed' = 'starting'
  #nextId: number
  #blockPrefix: Uint8Array = noBytes
  #drainError: Http2Error | undefined
  #held = false

  constructor(io: SessionIo, events: SessionEvents, options: SessionOptions = {}) {
    this.#io = io
    this.#events = events
    this.#outbox = new Outbox(io)
    this.#flow = new SendFlow(this.#outbox)
    this.#queue = options.queue ?? new StreamQueue()
    this.#reserve = options.isFurther === true ? 0 : 1
    const streamWindow = options.streamWindowBytes ?? 4 * 1024 * 1024
    const connectionWindow = Math.max(
      options.connectionWindowBytes ?? 16 * 1024 * 1024,
      defaultWindowBytes,
    )
    this.#received = new ReceiveFlow(this.#outbox, connectionWindow, streamWindow)
    this.#nextId = options.firstStreamId ?? 1
    const maxListSize = options.maxHeaderListBytes ?? 64 * 1024
    const flood = new FloodGuard(this.#outbox)
    this.#reader = new FrameReader(new Inbound(this, this.#received, flood, maxListSize))
    this.liveness = new Liveness({
      intervalMs: options.pingIntervalMs ?? 8000,
      timeoutMs: options.pingTimeoutMs ?? 4000,
      // What the socket does not take belongs to streams that are open for all the server knows.
      isBusy: () => this.#streams.size > 0 || this.#outbox.backlog > 0,
      sendPing: () => this.#outbox.frame(FrameType.ping, 0, 0, pingPayload),
      onDead: () => this.#fail(lost('the server did not answer a PING')),
    })
    sendPreface(this.#outbox, { streamWindow, connectionWindow, maxListSize })
  }

  /** Streams that are open or wait to be. */
  get activeStreams(): number {
    return this.#streams.size + this.#queue.size
  }

  /** How many streams were opened on it so far. */
  get openedStreams(): number {
    return this.#nextId >> 1
  }

  /** Whether nothing goes on on it. */
  get isIdle(): boolean {
    return this.#streams.size === 0
  }

  /** The streams that are open or wait to be. Each may be ended while going through them. */
  *streams(): Iterable<Http2Stream> {
    yield* this.#streams.values()
    yield* this.#queue.streams()
  }

  /** Whether a new stream may be opened. */
  get isOpen(): boolean {
    return this.#state === 'open'
  }

  /**
   * Opens a stream. `block` is a header block without dynamic state and is not changed; `body` may be reused by the
   * caller afterwards. Over the server's limit of concurrent streams, or while much waits for the socket, the stream
   * waits for its turn.
   */
  open(stream: Http2Stream, block: Uint8Array, body: Uint8Array | undefined, end: boolean): void {
    if (this.#state !== 'open') {
      stream.onError(asUnprocessed(this.#drainError ?? lost('the connection is not open')))
      return
    }
    if (!this.#held) this.#hold(true)
    stream.localEnded = end
    const isBehind = this.#queue.size > 0 && this.#queue.lineOf(stream).size > 0
    if (!isBehind && this.#hasRoom(stream)) this.#begin(stream, block, body, end)
    else {
      const chunks = body === undefined ? undefined : [copyBytes(body)]
      this.#wait(stream, { block, chunks, end })
    }
  }

  #wait(stream: Http2Stream, waiting: WaitingStream): void {
    const line = this.#queue.lineOf(stream)
    line.set(stream, waiting)
    this.#queue.serve()
    const isRefused = this.#peer.maxConcurrentStreams === 0
    if (!line.has(stream) || isRefused || this.#hasStream(stream)) return
    this.#queue.onCrowded?.(stream.isLasting)
  }

  #hasRoom(stream: Http2Stream): boolean {
    return this.#hasStream(stream) && this.#outbox.backlog < maxBacklogBytes
  }

  #hasStream(stream: Http2Stream): boolean {
    const left = this.#peer.maxConcurrentStreams - this.#streams.size
    return left > this.#reserve || (left > 0 && (!stream.isLasting || this.#mayLast()))
  }

  // Those that last are counted when it matters: a call costs nothing for them.
  #mayLast(): boolean {
    let lasting = 0
    for (const stream of this.#streams.values()) if (stream.isLasting) lasting++
    return lasting < this.#peer.maxConcurrentStreams - this.#reserve
  }

  #begin(stream: Http2Stream, block: Uint8Array, body: Uint8Array | undefined, end: boolean): void {
    const id = this.#nextId
    this.#nextId += 2
    stream.id = id
    stream.sendWindow = this.#peer.initialWindowSize
    this.#received.open(stream)
    this.#streams.set(id, stream)
    const prefix = this.#blockPrefix
    this.#blockPrefix = noBytes
    this.#outbox.headers(id, block, end && body === undefined, prefix, this.#peer.maxFrameSize)
    if (body !== undefined) this.#flow.send(stream, body, end, this.#peer)
    this.liveness.watch()
    if (this.#nextId > maxStreamId) this.#drain(lost('the connection has used up its stream ids'))
  }

  /** Sends more of a stream's body. `bytes` may be reused by the caller afterwards. */
  send(stream: Http2Stream, bytes: Uint8Array, end: boolean): void {
    const waiting = stream.id === 0 ? this.#queue.lineOf(stream).get(stream) : undefined
    if (waiting !== undefined) {
      waiting.chunks ??= []
      waiting.chunks.push(copyBytes(bytes))
      waiting.end ||= end
    } else if (this.#streams.has(stream.id)) {
      this.#flow.send(stream, bytes, end, this.#peer)
    }
    stream.localEnded ||= end
  }

  /** Body bytes of a stream have been used, so that the server may send as many again. */
  consumed(stream: Http2Stream, bytes: number): void {
    if (this.#streams.has(stream.id)) this.#received.consumed(stream, bytes)
  }

  /** Ends a stream from our side. Its callbacks are not called again. */
  cancel(stream: Http2Stream, errorCode: number = ErrorCode.cancel): void {
    if (stream.id === 0 && this.#queue.lineOf(stream).delete(stream)) {
      this.#queue.relax()
      this.#release()
    } else if (this.#streams.get(stream.id) === stream) {
      this.#outbox.word(FrameType.rstStream, stream.id, errorCode)
      this.#forget(stream)
      this.#release()
    }
  }

  /** Ends the connection: every stream fails with `error`, those that were never sent as unprocessed. */
  close(error: Http2Error): void {
    this.#fail(error)
  }

  /** Opens no more streams, and ends the connection when the open ones have finished. */
  retire(): void {
    this.#drain(lost('the connection was retired'))
  }

  /** Takes what the connection received: `bytes[0..length)`, lent for the time of the call. */
  receive(bytes: Uint8Array, length: number): void {
    if (this.#state === 'closed') return
    this.liveness.received()
    try {
      this.#reader.push(bytes, length)
    } catch (error) {
      this.#fail(
        error instanceof Http2Error
          ? error
          : connectionError(
              ErrorCode.internalError,
              `cannot take a frame: ${String(error)}`,
              error,
            ),
      )
    }
  }

  /** The connection takes bytes again after `write` returned `false`. */
  writable(): void {
    this.#outbox.resume()
    if (this.#queue.size > 0) this.admit()
  }

  /** The connection is gone. */
  disconnected(cause?: unknown): void {
    const reason = cause instanceof Error ? cause.message : 'the server closed the connection'
    this.#fail(this.#drainError ?? lost(reason, cause))
  }

  // --- what the frames say (InboundTarget) ---

  get isStarting(): boolean {
    return this.#state === 'starting'
  }

  isKnown(id: number): boolean {
    return id < this.#nextId && (id & 1) === 1
  }

  streamOf(id: number): Http2Stream | undefined {
    return this.#streams.get(id)
  }

  ended(stream: Http2Stream, last: HeaderList | undefined): void {
    // A request of which bytes remain is of no use to anyone.
    if (!stream.localEnded || stream.pending !== undefined) {
      this.#outbox.word(FrameType.rstStream, stream.id, ErrorCode.noError)
    }
    this.#forget(stream)
    if (last === undefined) stream.onEnd()
    else stream.onHeaders(last, true)
    this.#release()
  }

  reset(stream: Http2Stream, error: Http2Error): void {
    this.#forget(stream)
    stream.onError(error)
    this.#release()
  }

  fault(stream: Http2Stream, errorCode: number, message: string): void {
    this.#outbox.word(FrameType.rstStream, stream.id, errorCode)
    const text = `${message} (${errorName(errorCode)})`
    this.reset(stream, new Http2Error(text, { scope: 'stream', errorCode }))
  }

  settings(bytes: Uint8Array, start: number, end: number): void {
    const before = this.#peer
    this.#peer = applySettings(before, bytes, start, end)
    this.#outbox.frame(FrameType.settings, Flag.ack, 0, noBytes)
    // Our header blocks use no table; the peer's decoder still wants to hear that it shrank (RFC 7541 section 4.2).
    if (this.#peer.smallestTableSize < before.headerTableSize) this.#blockPrefix = clearTable
    const delta = this.#peer.initialWindowSize - before.initialWindowSize
    this.#flow.shift(this.#streams.values(), delta, this.#peer)
    if (this.#state === 'starting') {
      this.#state = 'open'
      this.#events.onReady()
      this.#queue.join(this)
    } else this.admit()
  }

  ping(payload: Uint8Array): void {
    this.#outbox.frame(FrameType.ping, Flag.ack, 0, payload)
  }

  goaway({ lastId, error }: Goaway): void {
    // A graceful end comes in two: the first names every stream, the second those that were taken and why.
    if (this.#state === 'draining') this.#drainError = error
    this.#drain(error)
    const unprocessed = asUnprocessed(error)
    for (const stream of this.#streams.values()) {
      if (stream.id > lastId) this.reset(stream, unprocessed)
    }
  }

  grow(growth: number): void {
    this.#flow.grow(growth, this.#peer)
  }

  growStream(stream: Http2Stream, growth: number): void {
    if (growth === 0) this.fault(stream, ErrorCode.protocolError, 'WINDOW_UPDATE of 0 bytes')
    else if (!this.#flow.growStream(stream, growth, this.#peer)) {
      this.fault(stream, ErrorCode.flowControlError, 'the stream window grew beyond 2^31-1')
    }
  }

  // --- the life of streams ---

  #forget(stream: Http2Stream): void {
    this.#streams.delete(stream.id)
    this.#flow.forget(stream)
  }

  // After a stream has been told of its end: others take its place, or the connection is done.
  #release(): void {
    if (this.#queue.size > 0) this.admit()
    this.relax()
    if (this.#state === 'draining' && this.#streams.size === 0)
      this.#fail(this.#drainError ?? lost('the connection was drained'))
  }

  // --- the queue (StreamTaker) ---

  admit(): void {
    let taken = 0
    for (const line of this.#queue.lines) {
      for (const [stream, { block, chunks, end }] of line) {
        if (this.#state !== 'open' || !this.#hasRoom(stream)) break
        line.delete(stream)
        taken++
        if (!this.#held) this.#hold(true)
        stream.onTaken(this)
        this.#begin(stream, block, chunks && joinBytes(chunks), end)
      }
    }
    if (taken > 0) this.#queue.relax()
  }

  relax(): void {
    if (this.#streams.size === 0 && this.#queue.size === 0) this.#hold(false)
  }

  #drain(error: Http2Error): void {
    if (this.#state === 'draining' || this.#state === 'closed') return
    this.#state = 'draining'
    this.#drainError = error
    this.#queue.leave(this)
    this.#events.onDraining(error)
    this.#failWaiting(error)
    if (this.#streams.size === 0) this.#fail(error)
  }

  // What waits on a further session waits on the first.
  #failWaiting(error: Http2Error): void {
    if (this.#reserve === 0) return
    const unprocessed = asUnprocessed(error)
    for (const stream of this.#queue.drain()) stream.onError(unprocessed)
  }

  #fail(error: Http2Error): void {
    if (this.#state === 'closed') return
    const wasOpen = this.#state !== 'draining'
    this.#state = 'closed'
    this.#drainError ??= error
    this.liveness.stop()
    this.#outbox.frame(FrameType.goaway, 0, 0, goawayPayload(error.byPeer ? 0 : error.errorCode))
    this.#outbox.flush()
    this.#outbox.close()
    this.#io.end()
    this.#queue.leave(this)
    if (wasOpen) this.#events.onDraining(error)
    for (const stream of this.#streams.values()) {
      this.#forget(stream)
      stream.onError(error)
    }
    if (wasOpen) this.#failWaiting(error)
    this.#hold(false)
    this.#events.onClose(error)
  }

  #hold(on: boolean): void {
    if (this.#held === on) return
    this.#held = on
    this.#io.hold(on)
  }
}
