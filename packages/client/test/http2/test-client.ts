// An engine under test: a session on a real socket, and streams that write down what they are told.

import { type ConnectOptions, connect, type PendingConnection } from '../../src/http2/connect.ts'
import type { Http2Error } from '../../src/http2/errors.ts'
import type { HeaderList } from '../../src/http2/hpack/decoder.ts'
import { encodeHeaders } from '../../src/http2/hpack/encoder.ts'
import type { Http2Session } from '../../src/http2/session.ts'
import type { SessionOptions } from '../../src/http2/session-options.ts'
import { Http2Stream } from '../../src/http2/stream.ts'
import type { AcceptOptions, ScriptedConnection, ScriptedPeer } from './scripted-peer.ts'
import { within } from './within.ts'

/** How a stream ended. */
export type Outcome =
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly error: Http2Error }

/** A header block as good as any. */
export const requestBlock = encodeHeaders([
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/test'],
  [':authority', 'test'],
])

/** A stream that records its callbacks. */
export class TestStream extends Http2Stream {
  /** The header sections: the response's, then the trailers. */
  readonly sections: (readonly (readonly [string, string])[])[] = []
  readonly chunks: Buffer[] = []
  readonly outcome: Promise<Outcome>
  /** What was called after the end; must stay empty. */
  readonly late: string[] = []
  settled = false
  /** Whether body bytes count as consumed as they come. */
  consumes = true
  /** Called last in each callback, so that a test can do things from within. */
  during: (callback: 'headers' | 'data' | 'end' | 'error') => void = () => {}
  #resolve: (outcome: Outcome) => void = () => {}

  constructor() {
    super()
    this.outcome = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  get body(): string {
    return Buffer.concat(this.chunks).toString()
  }

  /** Resolves when the stream has ended well; rejects with its error. */
  async ended(): Promise<void> {
    const outcome = await within(this.outcome, 'the end of a stream')
    if (outcome.kind === 'failed') throw outcome.error
  }

  /** Resolves with the error the stream failed by. */
  async error(): Promise<Http2Error> {
    const outcome = await within(this.outcome, 'the failure of a stream')
    if (outcome.kind === 'ended') throw new Error('the stream ended well')
    return outcome.error
  }

  onHeaders(headers: HeaderList, ended: boolean): void {
    this.#note('headers')
    this.sections.push([...headers].map(({ name, value }) => [name, value] as const))
    if (ended) this.#settle({ kind: 'ended' })
    this.during('headers')
  }

  onData(bytes: Uint8Array, start: number, end: number): number {
    this.#note('data')
    this.chunks.push(Buffer.from(bytes.subarray(start, end)))
    this.during('data')
    return this.consumes ? end - start : 0
  }

  onEnd(): void {
    this.#note('end')
    this.#settle({ kind: 'ended' })
    this.during('end')
  }

  onError(error: Http2Error): void {
    this.#note('error')
    this.#settle({ kind: 'failed', error })
    this.during('error')
  }

  #note(callback: string): void {
    if (this.settled) this.late.push(callback)
  }

  #settle(outcome: Outcome): void {
    this.settled = true
    this.#resolve(outcome)
  }
}

/** A stream that counts as one that may stay open for ever. */
export class LastingStream extends TestStream {
  /** Whom it was taken by when it had to wait. */
  takenBy: unknown = undefined

  override get isLasting(): boolean {
    return true
  }

  override onTaken(by: unknown): void {
    this.takenBy = by
  }
}

/** What a test may say of its client. */
export interface TestClientOptions extends AcceptOptions {
  readonly session?: SessionOptions
  readonly tls?: ConnectOptions['tls']
}

/** A session, the peer's side of its connection, and what the session told of its own end. */
export class TestClient implements AsyncDisposable {
  readonly session: Http2Session
  readonly peer: ScriptedConnection
  /** What the session told its owner, in order. */
  readonly events: readonly ('draining' | 'close')[]
  readonly drained: Promise<Http2Error>
  readonly closed: Promise<Http2Error>
  readonly #attempt: PendingConnection

  private constructor(
    attempt: PendingConnection,
    session: Http2Session,
    peer: ScriptedConnection,
    ends: Pick<TestClient, 'events' | 'drained' | 'closed'>,
  ) {
    this.#attempt = attempt
    this.session = session
    this.peer = peer
    this.events = ends.events
    this.drained = ends.drained
    this.closed = ends.closed
  }

  static async connect(peer: ScriptedPeer, options: TestClientOptions = {}): Promise<TestClient> {
    const events: ('draining' | 'close')[] = []
    let onDraining: (error: Http2Error) => void = () => {}
    let onClose: (error: Http2Error) => void = () => {}
    const drained = new Promise<Http2Error>((resolve) => {
      onDraining = resolve
    })
    const closed = new Promise<Http2Error>((resolve) => {
      onClose = resolve
    })
    const attempt = connect({
      target: peer.target,
      timeoutMs: 2000,
      session: options.session,
      tls: options.tls,
      onDraining: (error) => {
        events.push('draining')
        onDraining(error)
      },
      onClose: (error) => {
        events.push('close')
        onClose(error)
      },
    })
    const [session, connection] = await Promise.all([attempt.session, peer.accept(options)])
    return new TestClient(attempt, session, connection, { events, drained, closed })
  }

  /** Opens a stream; without a body the request ends with its headers. */
  open(body?: Uint8Array, end = true): TestStream {
    const stream = new TestStream()
    this.session.open(stream, requestBlock, body, end)
    return stream
  }

  /** Opens a stream whose HEADERS the peer has read. */
  async openSeen(body?: Uint8Array, end = true): Promise<TestStream> {
    const stream = this.open(body, end)
    await this.peer.expect('HEADERS', stream.id)
    return stream
  }

  /** Ends the client's side; resolves when its socket is gone. */
  destroy(): Promise<void> {
    return this.#attempt.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await within(this.destroy(), 'the end of the socket')
  }
}
