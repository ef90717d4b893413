// A transport whose server is the test.

import assert from 'node:assert/strict'
import type {
  CallOptions,
  MessageInit,
  MessageStream,
  StreamMethod,
  Transport,
  UnaryMethod,
} from '@etcdkit/protocol'
import { flush } from './manual-clock.ts'

/** A unary call that waits for the test's answer. */
export interface ScriptedCall {
  readonly name: string
  /** As it would be on the wire and back. */
  readonly request: Record<string, unknown>
  readonly options: CallOptions | undefined
  answer(response: object): void
  fail(reason: unknown): void
}

/** A transport without a wire: calls and streams wait for what the test says. */
export class ScriptedTransport implements Transport {
  readonly fullDuplex: boolean
  readonly calls: ScriptedCall[] = []
  readonly streams: ScriptedStream[] = []
  closed = false
  /** Whether another token can be had, and how often it was asked for. */
  renewsToken = false
  tokenRenewals = 0

  constructor(options: { readonly fullDuplex?: boolean } = {}) {
    this.fullDuplex = options.fullDuplex ?? true
  }

  unary<I extends object, O extends object>(
    method: UnaryMethod<I, O>,
    request: MessageInit<I>,
    options?: CallOptions,
  ): Promise<O> {
    return new Promise((resolve, reject) => {
      const encoded = method.input.encode(request)
      this.calls.push({
        name: method.name,
        // Looked at field by field only.
        request: method.input.decode(encoded) as Record<string, unknown>,
        options,
        // What the test says is completed as the wire would.
        answer: (response) => resolve(method.output.create(response as MessageInit<O>)),
        fail: reject,
      })
      options?.signal?.addEventListener('abort', () => reject(options.signal?.reason))
    })
  }

  stream<I extends object, O extends object>(
    method: StreamMethod<I, O>,
    options?: CallOptions,
  ): MessageStream<I, O> {
    const stream = new ScriptedStream(method as StreamMethod<object, object>, options)
    this.streams.push(stream)
    // Messages are those of the method: they were encoded and decoded by it.
    return stream as unknown as MessageStream<I, O>
  }

  renewToken(): boolean {
    this.tokenRenewals += 1
    return this.renewsToken
  }

  async close(): Promise<void> {
    this.closed = true
  }

  /** The newest stream. */
  get last(): ScriptedStream {
    const stream = this.streams.at(-1)
    assert.ok(stream, 'a stream was opened')
    return stream
  }

  /** The call that was made last, once everything has gone on. */
  async lastCall(): Promise<ScriptedCall> {
    await flush()
    const call = this.calls.at(-1)
    assert.ok(call, 'a call was made')
    return call
  }
}

type End = { readonly reason: unknown } | 'ok'

/** A stream whose server is the test. */
export class ScriptedStream implements MessageStream<object, object> {
  readonly options: CallOptions | undefined
  /** What the client sent, as it would be on the wire and back. */
  readonly sent: Record<string, unknown>[] = []
  canceled = false
  halfClosed = false
  readonly #method: StreamMethod<object, object>
  readonly #messages: object[] = []
  #end: End | undefined
  #wake: () => void = () => undefined

  constructor(method: StreamMethod<object, object>, options: CallOptions | undefined) {
    this.#method = method
    this.options = options
  }

  // --- The client's side ---

  send(message: MessageInit<object>): void {
    if (this.#end !== undefined || this.canceled || this.halfClosed) return
    const { input } = this.#method
    this.sent.push(input.decode(input.encode(message)) as Record<string, unknown>)
  }

  end(): void {
    this.halfClosed = true
  }

  cancel(reason?: unknown): void {
    this.canceled = true
    this.#finish(reason === undefined ? 'ok' : { reason })
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<object, void, undefined> {
    try {
      for (;;) {
        const message = this.#messages.shift()
        if (message !== undefined) yield message
        else if (this.#end !== undefined) break
        else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve
          })
        }
      }
      if (this.#end !== undefined && this.#end !== 'ok') throw this.#end.reason
    } finally {
      if (this.#end === undefined) this.cancel()
    }
  }

  // --- The test's side ---

  /** Whether the stream has ended, by whomever. */
  get isOver(): boolean {
    return this.#end !== undefined
  }

  /** The server tells something. */
  async push(message: object): Promise<void> {
    this.#messages.push(this.#method.output.create(message))
    this.#wake()
    await flush()
  }

  /** The server ends the stream with OK. */
  async finish(): Promise<void> {
    this.#finish('ok')
    await flush()
  }

  /** The stream breaks. */
  async fail(reason: unknown): Promise<void> {
    this.#finish({ reason })
    await flush()
  }

  #finish(end: End): void {
    this.#end ??= end
    this.#wake()
  }
}
