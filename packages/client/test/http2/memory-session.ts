// A session without a socket: bytes go in by hand and come out in a list, so that a test can block the way.

import { connectionPreface } from '../../src/http2/constants.ts'
import type { Http2Error } from '../../src/http2/errors.ts'
import { Http2Session } from '../../src/http2/session.ts'
import type { SessionIo, SessionOptions } from '../../src/http2/session-options.ts'
import { type Frame, parseFrames, settingsFrame } from './frames.ts'
import { requestBlock, TestStream } from './test-client.ts'

/** How a memory session begins. */
export interface MemorySessionOptions extends SessionOptions {
  /** The server's first SETTINGS; `false`: nothing has come yet. */
  readonly settings?: readonly (readonly [id: number, value: number])[] | false
}

/** A session and both ends of its bytes. */
export class MemorySession implements SessionIo {
  readonly session: Http2Session
  /** What the session told its owner, in order. */
  readonly events: ('ready' | 'draining' | 'close')[] = []
  closedBy: Http2Error | undefined
  /** Whether `write` takes more; `false` is how a socket asks for a pause. */
  accepts = true
  /** Whether the connection keeps the process alive. */
  holds = false
  ends = 0
  #bytes: Buffer = Buffer.alloc(0)

  constructor({ settings, ...options }: MemorySessionOptions = {}) {
    this.session = new Http2Session(
      this,
      {
        onReady: () => this.events.push('ready'),
        onDraining: () => this.events.push('draining'),
        onClose: (error) => {
          this.events.push('close')
          this.closedBy = error
        },
      },
      options,
    )
    if (settings !== false) this.feed(settingsFrame(settings ?? []))
  }

  open(body?: Uint8Array, end = true, stream: TestStream = new TestStream()): TestStream {
    this.session.open(stream, requestBlock, body, end)
    return stream
  }

  /** The server sends these bytes, in one chunk. */
  feed(...parts: readonly Uint8Array[]): void {
    const bytes = Buffer.concat(parts)
    this.session.receive(bytes, bytes.length)
  }

  /** Resolves with the frames written since the last call, once all that was collected is written. */
  async written(): Promise<Frame[]> {
    await new Promise((resolve) => setImmediate(resolve))
    const { frames, rest } = parseFrames(this.#bytes)
    this.#bytes = rest
    return frames
  }

  /** The socket takes bytes again. */
  unblock(): void {
    this.accepts = true
    this.session.writable()
  }

  // --- SessionIo ---

  write(bytes: Buffer, done: () => void): boolean {
    const fresh = bytes.subarray(0, 3).toString('latin1') === 'PRI'
    const taken = fresh ? bytes.subarray(connectionPreface.length) : bytes
    this.#bytes = Buffer.concat([this.#bytes, taken])
    done()
    return this.accepts
  }

  end(): void {
    this.ends++
  }

  hold(on: boolean): void {
    this.holds = on
  }
}
