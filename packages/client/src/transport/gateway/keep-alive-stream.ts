// A stream of single calls: where nothing can be sent after the first answer, each message has a request of its own.

import {
  type CallOptions,
  EtcdError,
  type MessageInit,
  type MessageStream,
} from '@etcdkit/protocol'
import { onAbort } from '../../http/on-abort.ts'
import { MessageQueue, type StreamFailure } from '../message-queue.ts'

/** What such a stream works with. */
export interface KeepAliveParts<I extends object, O extends object> {
  readonly options: CallOptions | undefined
  /** Sends one message and answers with one. */
  callOnce(message: MessageInit<I>, options: CallOptions): Promise<O>
  /** Called once, when the stream has ended. */
  onOver(stream: KeepAliveStream<I, O>): void
}

// As many renewals at a time as anybody has leases; what is beyond is a loop gone wild.
const maxPending = 1_000_000

/** A stream of which each message is answered by one, in whatever order the answers come. */
export class KeepAliveStream<I extends object, O extends object> implements MessageStream<I, O> {
  readonly #parts: KeepAliveParts<I, O>
  readonly #options: CallOptions
  readonly #controller = new AbortController()
  readonly #queue: MessageQueue<O>
  readonly #forgetSignal: (() => void) | undefined
  #pending = 0
  #ended = false
  /** Nothing will come any more. */
  isOver = false

  constructor(parts: KeepAliveParts<I, O>) {
    const { signal, ...others } = parts.options ?? {}
    this.#parts = parts
    this.#options = { ...others, signal: this.#controller.signal }
    this.#queue = new MessageQueue(
      () => undefined,
      () => this.cancel(),
    )
    this.#forgetSignal = signal && onAbort(signal, () => this.#finish({ reason: signal.reason }))
    if (signal?.aborted) this.#finish({ reason: signal.reason })
  }

  send(message: MessageInit<I>): void {
    if (this.isOver || this.#ended) return
    if (++this.#pending > maxPending) {
      const fact = `more than ${maxPending} requests wait for an answer`
      this.cancel(new EtcdError(fact, { code: 'resource-exhausted' }))
      return
    }
    this.#parts.callOnce(message, this.#options).then(
      (answer) => {
        if (!this.isOver) this.#queue.push(answer, 0)
        this.#answered()
      },
      (reason: unknown) => this.#finish({ reason }),
    )
  }

  end(): void {
    this.#ended = true
    if (this.#pending === 0) this.#finish(undefined)
  }

  cancel(reason?: unknown): void {
    this.#finish(reason === undefined ? undefined : { reason })
  }

  [Symbol.asyncIterator](): AsyncIterator<O, undefined> {
    return this.#queue.iterate()
  }

  #answered(): void {
    this.#pending--
    if (this.#ended && this.#pending === 0) this.#finish(undefined)
  }

  #finish(failure: StreamFailure | undefined): void {
    if (this.isOver) return
    this.isOver = true
    this.#queue.finish(failure)
    this.#forgetSignal?.()
    // The calls under way are of no interest any more.
    this.#controller.abort()
    this.#parts.onOver(this)
  }
}
