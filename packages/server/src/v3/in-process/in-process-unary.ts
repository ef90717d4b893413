// A call with one answer in the same process.

import type { CallOptions, MessageInit, UnaryMethod } from '@etcdkit/protocol'
import { type CallStatus, statusOfError } from '../status.ts'
import type { UnaryWire } from '../wire.ts'
import { statusError } from './call-errors.ts'
import { deliver } from './deliveries.ts'
import { type CallOwner, InProcessCall } from './in-process-call.ts'

const defaultTimeoutMs = 5000

/** What a call is answered to. */
export interface Settle<O> {
  readonly resolve: (message: O) => void
  readonly reject: (reason: unknown) => void
}

/**
 * Messages pass through their binary form: they are checked as on a wire, and neither side holds the other's bytes.
 */
export class InProcessUnary<I extends object, O extends object>
  extends InProcessCall
  implements UnaryWire<object>
{
  declare readonly method: UnaryMethod<I, O>
  readonly #settle: Settle<O>
  #answered = false

  constructor(
    owner: CallOwner,
    method: UnaryMethod<I, O>,
    options: CallOptions | undefined,
    settle: Settle<O>,
  ) {
    super(owner, method, options)
    this.#settle = settle
  }

  /** Reads the request, has it served, and waits if there is no answer yet. Throws what encoding throws. */
  start(request: MessageInit<I>, serve: (request: I) => void): void {
    const bytes = this.method.input.encode(request)
    this.requestBytes = bytes.length
    serve(this.method.input.decode(bytes))
    if (!this.#answered && !this.over) this.wait(this.options?.timeoutMs ?? defaultTimeoutMs)
  }

  answer(message: object): void {
    if (this.#answered || this.over) return
    this.#answered = true
    const { output } = this.method
    // The service of the method answers with its message, and that can be encoded.
    const bytes = output.encode(message as MessageInit<O>)
    deliver(() => this.#end(() => this.#settle.resolve(output.decode(bytes))))
  }

  fail(error: unknown): void {
    this.failWith(statusOfError(error))
  }

  failWith(status: CallStatus): void {
    if (this.#answered || this.over) return
    this.#answered = true
    deliver(() => this.#end(() => this.#settle.reject(statusError(this.method, status))))
  }

  protected leave(reason: unknown): void {
    if (!this.finish()) return
    this.abandon()
    this.#settle.reject(reason)
  }

  #end(settle: () => void): void {
    const { signal } = this.options ?? {}
    if (signal?.aborted) this.leave(signal.reason)
    else if (this.finish()) settle()
  }
}
