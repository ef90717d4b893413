// A stream of messages over one HTTP/2 stream, with its flow control reaching the reader.

import {
  type CallOptions,
  EtcdError,
  type MessageInit,
  type MessageStream,
  type StreamMethod,
} from '@etcdkit/protocol'
import type { Http2Error } from '../../http2/errors.ts'
import type { HeaderList } from '../../http2/hpack/decoder.ts'
import type { Http2Session } from '../../http2/session.ts'
import type { Connection } from '../connection.ts'
import { type Failure, failureOfStatus, type ResponseStatus } from '../failure.ts'
import { MessageQueue, type StreamFailure } from '../message-queue.ts'
import { type CallOwner, GrpcCall } from './call.ts'
import { failureOfContent, failureOfHttp2 } from './failure.ts'
import { encodeFramed } from './framed-message.ts'
import { FramingError, MessageAssembler, messagePrefixBytes } from './framing.ts'
import { notGrpc, statusOf } from './response-status.ts'

// What may be sent before there is a connection.
const maxUnsentBytes = 16 * 1024 * 1024
// What may wait for the reader before the server is stopped.
const highWaterBytes = 1024 * 1024

/** A stream. Messages that were not taken yet count against its window, so that memory stays bounded. */
export class StreamCall<I extends object, O extends object>
  extends GrpcCall
  implements MessageStream<I, O>
{
  declare readonly method: StreamMethod<I, O>
  #unsent: Uint8Array[] = []
  #unsentBytes = 0
  #ended = false
  readonly #assembler: MessageAssembler
  readonly #queue = new MessageQueue<O>(
    () => this.#giveCredit(),
    () => this.cancel(),
  )
  // Received bytes the server was not given credit for.
  #held = 0
  #rejection: ResponseStatus | undefined

  constructor(owner: CallOwner, method: StreamMethod<I, O>, options: CallOptions | undefined) {
    super(owner, method, options)
    this.#assembler = new MessageAssembler(owner.maxMessageBytes)
  }

  // --- MessageStream ---

  send(message: MessageInit<I>): void {
    if (this.settled || this.#ended) return
    const framed = encodeFramed(this.method.input, message)
    if (this.session !== undefined) {
      this.session.send(this, framed, false)
      return
    }
    this.#unsentBytes += framed.length
    if (this.#unsentBytes > maxUnsentBytes) {
      this.reject(
        new EtcdError(`more than ${maxUnsentBytes} bytes wait for a connection`, {
          code: 'resource-exhausted',
        }),
      )
      return
    }
    this.#unsent.push(framed.slice())
  }

  end(): void {
    if (this.settled || this.#ended) return
    this.#ended = true
    this.session?.send(this, noBytes, true)
  }

  cancel(reason?: unknown): void {
    if (this.settled) return
    this.cancelAttempt()
    this.#finish(reason === undefined ? undefined : { reason })
  }

  [Symbol.asyncIterator](): AsyncIterator<O, undefined> {
    return this.#queue.iterate()
  }

  // --- GrpcCall ---

  begin(connection: Connection, session: Http2Session, block: Uint8Array): void {
    this.renew(connection, session)
    const unsent = this.#unsent
    this.#unsent = []
    this.#unsentBytes = 0
    const only = unsent.length === 1 ? unsent[0] : undefined
    const body = unsent.length > 1 ? Buffer.concat(unsent) : only
    session.open(this, block, body ?? (this.#ended ? noBytes : undefined), this.#ended)
  }

  reject(reason: unknown): void {
    this.#finish({ reason })
  }

  onHeaders(headers: HeaderList, ended: boolean): void {
    if (!ended) {
      this.#rejection = notGrpc(headers)
      return
    }
    const rejection =
      this.#rejection ?? (headers.grpcStatus === undefined ? notGrpc(headers) : undefined)
    this.#close(rejection ?? statusOf(headers))
  }

  onData(bytes: Uint8Array, start: number, end: number): number {
    if (this.#rejection !== undefined) return end - start
    this.#held += end - start
    try {
      this.#assembler.push(bytes, start, end, (message, owned) => this.#take(message, owned))
    } catch (error) {
      this.cancelAttempt()
      this.#fail(failureOfContent(this.method, this.#endpoint, error))
    }
    return this.#credit()
  }

  // The server may send more while little waits for the reader, so that a message larger than the window still comes
  // through, and a reader that stops is no reason to hold more than the high-water mark and one window.
  #credit(): number {
    if (this.#queue.bytes > highWaterBytes) return 0
    const credit = this.#held
    this.#held = 0
    return credit
  }

  #giveCredit(): void {
    const credit = this.#credit()
    if (credit > 0 && !this.settled) this.session?.consumed(this, credit)
  }

  onEnd(): void {
    const message = 'the server ended the stream without trailers'
    this.#close(this.#rejection ?? { status: 2, message })
  }

  onError(error: Http2Error): void {
    this.#fail(failureOfHttp2(this.method, this.#endpoint, error))
  }

  #take(message: Uint8Array, owned: boolean): void {
    const { output } = this.method
    this.owner.callAnswered(this)
    const value = output.decode(owned || !output.retainsBytes ? message : message.slice())
    // With the prefix: messages of no bytes take room as well.
    this.#queue.push(value, messagePrefixBytes + message.length)
  }

  #close(status: ResponseStatus): void {
    if (status.status !== 0) this.#fail(failureOfStatus(this.method, this.#endpoint, status))
    else if (this.#assembler.partial) {
      const cause = new FramingError('malformed', 'the stream ended inside a message')
      this.#fail(failureOfContent(this.method, this.#endpoint, cause))
    } else this.#finish(undefined)
  }

  #fail(failure: Failure): void {
    if (!this.settled) this.owner.attemptFailed(this, failure)
  }

  #finish(failure: StreamFailure | undefined): void {
    if (!this.settle(failure?.reason)) return
    this.#unsent = []
    this.#queue.finish(failure)
  }

  get #endpoint(): string {
    return this.connection?.endpoint.url ?? ''
  }
}

const noBytes = new Uint8Array(0)
