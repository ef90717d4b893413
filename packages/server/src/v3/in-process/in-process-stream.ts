// A stream in the same process.

import {
  type CallOptions,
  EtcdError,
  type MessageInit,
  type MessageStream,
  type StreamMethod,
} from '@etcdkit/protocol'
import type { OpenStream } from '../open-stream.ts'
import type { CallStatus } from '../status.ts'
import type { StreamWire } from '../wire.ts'
import { statusError } from './call-errors.ts'
import { type CallOwner, InProcessCall } from './in-process-call.ts'
import { type End, Inbox } from './inbox.ts'

/** Bytes of requests that may wait for a service that is behind. */
const maxUnsentBytes = 16 * 1024 * 1024

/** The client's end. Messages pass through their binary form, as those of single calls do. */
export class InProcessStream<I extends object, O extends object>
  extends InProcessCall
  implements MessageStream<I, O>, AsyncIterator<O, undefined>
{
  declare readonly method: StreamMethod<I, O>
  /** The server's end. */
  readonly wire: StreamWire<object>
  readonly #inbox: Inbox<O>
  #open: OpenStream | undefined
  #unsent: Uint8Array[] = []
  #unsentBytes = 0
  /** Whether the client will send no more, and whether the service knows. */
  #halfClosed = false
  #halfCloseTold = false
  #iterated = false

  constructor(owner: CallOwner, method: StreamMethod<I, O>, options: CallOptions | undefined) {
    super(owner, method, options)
    const { output } = method
    this.#inbox = new Inbox(
      (bytes) => output.decode(bytes),
      () => this.#open?.writable(),
    )
    this.wire = {
      // The service of the method answers with its messages, and those can be encoded.
      message: (message) => this.over || this.#inbox.push(output.encode(message as MessageInit<O>)),
      end: (status) => this.#endedWith(status),
      resume: () => this.#pass(),
      reset: (code) => this.reset(code),
      cut: () => this.cut(),
    }
    this.wait(options?.timeoutMs ?? 0)
  }

  /** Has the server open it. */
  start(open: () => OpenStream): void {
    if (this.over) return
    this.#open = open()
    if (this.over) this.#open.gone()
  }

  send(message: MessageInit<I>): void {
    if (this.over || this.#halfClosed) return
    const bytes = this.method.input.encode(message)
    this.#unsent.push(bytes)
    this.#unsentBytes += bytes.length
    this.#pass()
    if (this.#unsentBytes <= maxUnsentBytes) return
    const fact = `more than ${maxUnsentBytes} bytes wait for the server`
    this.leave(new EtcdError(fact, { code: 'resource-exhausted' }))
  }

  end(): void {
    if (this.over || this.#halfClosed) return
    this.#halfClosed = true
    this.#pass()
  }

  cancel(reason?: unknown): void {
    this.#leaveWith(reason === undefined ? { kind: 'done' } : { kind: 'error', reason })
  }

  [Symbol.asyncIterator](): AsyncIterator<O, undefined> {
    if (this.#iterated) throw new TypeError('a stream can be iterated once')
    this.#iterated = true
    return this
  }

  next(): Promise<IteratorResult<O, undefined>> {
    return this.#inbox.next()
  }

  return(): Promise<IteratorResult<O, undefined>> {
    this.cancel()
    this.#inbox.clear()
    return this.#inbox.next()
  }

  protected leave(reason: unknown): void {
    this.#leaveWith({ kind: 'error', reason })
  }

  #leaveWith(end: End): void {
    if (!this.finish()) return
    this.#inbox.finish(end)
    this.#unsent = []
    this.abandon()
    this.#open?.gone()
  }

  #endedWith(status: CallStatus): void {
    if (!this.finish()) return
    const end: End =
      status.status === 0
        ? { kind: 'done' }
        : { kind: 'error', reason: statusError(this.method, status) }
    this.#inbox.finish(end)
    this.#unsent = []
  }

  /** Hands on what was sent, as far as the service keeps up. */
  #pass(): void {
    const open = this.#open
    if (open === undefined) return
    while (!open.full && !this.over) {
      const bytes = this.#unsent.shift()
      if (bytes === undefined) break
      this.#unsentBytes -= bytes.length
      this.requestBytes = bytes.length
      open.request(this.method.input.decode(bytes))
    }
    if (!this.#halfClosed || this.#halfCloseTold || this.#unsent.length > 0 || this.over) return
    this.#halfCloseTold = true
    open.halfClose()
  }
}
