// What calls in the same process have in common: metadata, a deadline, a signal, and an end.

import type { CallOptions, Method } from '@etcdkit/protocol'
import type { ResetCode } from '../fault.ts'
import type { CallContext } from '../service.ts'
import type { Breakable } from '../wire.ts'
import { type Breakage, brokenError, expiredError } from './call-errors.ts'

/** Whom calls belong to. */
export interface CallOwner {
  /** Holds on to a call until it has ended. */
  hold(call: InProcessCall): void
  release(call: InProcessCall): void
  /** Breaks the connection there would be. */
  cut(): void
}

/** A call that may have to wait. */
export abstract class InProcessCall implements CallContext, Breakable {
  requestBytes = 0
  readonly method: Method
  protected readonly owner: CallOwner
  protected readonly options: CallOptions | undefined
  #abort: AbortController | undefined
  #over = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #stopListening: (() => void) | undefined

  constructor(owner: CallOwner, method: Method, options: CallOptions | undefined) {
    this.owner = owner
    this.method = method
    this.options = options
  }

  metadata(name: string): string | undefined {
    if (name === 'hasleader' && this.options?.requireLeader) return 'true'
    return this.options?.headers?.[name]
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.#over) this.#abort.abort()
    return this.#abort.signal
  }

  reset(code: ResetCode): void {
    this.break(code)
  }

  cut(): void {
    this.owner.cut()
    // It may have been cut before it was held.
    this.break('cut')
  }

  /** Ends the call without a status. */
  break(breakage: Breakage): void {
    this.leave(brokenError(this.method, breakage, true))
  }

  /** Ends the call with a reason; the service is told that nobody waits. */
  protected abstract leave(reason: unknown): void

  /** Holds the call, until it is over, within its time and as long as its caller likes. */
  protected wait(timeoutMs: number): void {
    this.owner.hold(this)
    const { signal } = this.options ?? {}
    if (signal !== undefined) {
      const onAbort = (): void => this.leave(signal.reason)
      signal.addEventListener('abort', onAbort, { once: true })
      this.#stopListening = () => signal.removeEventListener('abort', onAbort)
    }
    if (!(timeoutMs > 0 && timeoutMs < maxTimeoutMs)) return
    this.#timer = setTimeout(() => this.leave(expiredError(this.method, timeoutMs)), timeoutMs)
  }

  /** Lets go of everything; whether it was not over before. */
  protected finish(): boolean {
    if (this.#over) return false
    this.#over = true
    clearTimeout(this.#timer)
    this.#stopListening?.()
    this.owner.release(this)
    return true
  }

  protected get over(): boolean {
    return this.#over
  }

  /** Tells the service that nobody waits. */
  protected abandon(): void {
    this.#abort?.abort()
  }
}

/** Longer than a timer can be: no limit. */
const maxTimeoutMs = 2 ** 31
