// One message out, one in.

import type { CallOptions, MessageInit, UnaryMethod } from '@etcdkit/protocol'
import type { Http2Error } from '../../http2/errors.ts'
import type { HeaderList } from '../../http2/hpack/decoder.ts'
import type { Http2Session } from '../../http2/session.ts'
import type { Connection } from '../connection.ts'
import {
  asPossiblyApplied,
  type Failure,
  failureOfStatus,
  type ResponseStatus,
} from '../failure.ts'
import { type CallOwner, GrpcCall } from './call.ts'
import { failureOfContent, failureOfHttp2 } from './failure.ts'
import { encodeFramed } from './framed-message.ts'
import { FramingError, MessageAssembler, messagePrefixBytes, view } from './framing.ts'
import { notGrpc, statusOf } from './response-status.ts'

/** A unary call. It is its own HTTP/2 stream: nothing else is allocated for it but the promise. */
export class UnaryCall<I extends object, O extends object> extends GrpcCall {
  declare readonly method: UnaryMethod<I, O>
  readonly #request: MessageInit<I>
  readonly #resolve: (message: O) => void
  readonly #reject: (reason: unknown) => void
  #message: O | undefined = undefined
  #rejection: ResponseStatus | undefined = undefined
  #assembler: MessageAssembler | undefined = undefined

  constructor(
    owner: CallOwner,
    method: UnaryMethod<I, O>,
    request: MessageInit<I>,
    options: CallOptions | undefined,
    resolve: (message: O) => void,
    reject: (reason: unknown) => void,
  ) {
    super(owner, method, options)
    this.#request = request
    this.#resolve = resolve
    this.#reject = reject
  }

  begin(connection: Connection, session: Http2Session, block: Uint8Array): void {
    const body = encodeFramed(this.method.input, this.#request)
    this.renew(connection, session)
    this.#message = undefined
    this.#rejection = undefined
    this.#assembler = undefined
    session.open(this, block, body, true)
  }

  reject(reason: unknown): void {
    const error = this.possiblyApplied ? asPossiblyApplied(reason) : reason
    if (this.settle(error)) this.#reject(error)
  }

  onHeaders(headers: HeaderList, ended: boolean): void {
    if (ended) {
      this.#end(headers)
      return
    }
    this.#rejection = notGrpc(headers)
  }

  onData(bytes: Uint8Array, start: number, end: number): number {
    try {
      this.#take(bytes, start, end)
    } catch (error) {
      this.cancelAttempt()
      this.#fail(failureOfContent(this.method, this.#endpoint, error))
    }
    return end - start
  }

  onEnd(): void {
    this.#finish({ status: unknownStatus, message: 'the server ended the call without trailers' })
  }

  onError(error: Http2Error): void {
    this.#fail(failureOfHttp2(this.method, this.#endpoint, error))
  }

  #take(bytes: Uint8Array, start: number, end: number): void {
    if (this.#rejection !== undefined) return
    if (this.#assembler === undefined) {
      const length = wholeMessage(bytes, start, end)
      const whole = length >= 0 && length === end - start - messagePrefixBytes
      if (whole && length <= this.owner.maxMessageBytes) {
        this.#decode(view(bytes, start + messagePrefixBytes, end), false)
        return
      }
      this.#assembler = new MessageAssembler(this.owner.maxMessageBytes)
    }
    this.#assembler.push(bytes, start, end, (message, owned) => this.#decode(message, owned))
  }

  #decode(message: Uint8Array, owned: boolean): void {
    if (this.#message !== undefined) throw new FramingError('malformed', 'a second message')
    const { output } = this.method
    this.#message = output.decode(owned || !output.retainsBytes ? message : message.slice())
  }

  #end(last: HeaderList): void {
    const rejection = this.#rejection ?? (last.grpcStatus === undefined ? notGrpc(last) : undefined)
    this.#finish(rejection ?? statusOf(last))
  }

  #finish(status: ResponseStatus): void {
    if (status.status !== 0) {
      this.#fail(failureOfStatus(this.method, this.#endpoint, this.#rejection ?? status))
    } else if (this.#message === undefined || this.#assembler?.partial === true) {
      const what = this.#message === undefined ? 'without a message' : 'inside a message'
      const cause = new FramingError('malformed', `status OK ${what}`)
      this.#fail(failureOfContent(this.method, this.#endpoint, cause))
    } else if (this.settle(undefined)) {
      this.owner.callAnswered(this)
      this.#resolve(this.#message)
    }
  }

  #fail(failure: Failure): void {
    if (!this.settled) this.owner.attemptFailed(this, failure)
  }

  get #endpoint(): string {
    return this.connection?.endpoint.url ?? ''
  }
}

const unknownStatus = 2

// The length in the prefix, or -1 if there is no plain prefix.
function wholeMessage(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < messagePrefixBytes || bytes[start] !== 0) return -1
  return (
    (((bytes[start + 1] ?? 0) << 24) |
      ((bytes[start + 2] ?? 0) << 16) |
      ((bytes[start + 3] ?? 0) << 8) |
      (bytes[start + 4] ?? 0)) >>>
    0
  )
}
