// What is held until it is given back or lost: the signal of it, and the one way to give it back.

import { EtcdError } from '@etcdkit/protocol'
import { onAbort } from '../v3/abort.ts'
import { failure } from '../v3/failure.ts'
import type { Lease } from '../v3/lease/lease.ts'

/** Something held under a lease. */
export class Held implements AsyncDisposable {
  readonly #what: string
  readonly #lease: Lease
  readonly #give: () => Promise<void>
  // Many never ask for the signal: it is made for the first who does.
  #end: AbortController | undefined = undefined
  #over: { readonly reason: () => unknown } | undefined = undefined
  readonly #forget: () => void
  #released: Promise<void> | undefined = undefined

  /** `what` is it called in messages; `give` gives it back. @internal */
  constructor(what: string, lease: Lease, give: () => Promise<void>) {
    this.#what = what
    this.#lease = lease
    this.#give = give
    this.#forget = onAbort(lease.signal, () => this.lose(() => lease.signal.reason))
    if (lease.signal.aborted) this.lose(() => lease.signal.reason)
  }

  /**
   * Aborts the moment it can no longer be trusted to be held. The reason is an `EtcdError`: that of the lease
   * (`lease-expired`, `lease-not-found`, `closed`), or `canceled` once it is given back.
   */
  get signal(): AbortSignal {
    // To ask the lease for its signal is to ask for the truth, even when a timer is late.
    void this.#lease.signal
    if (this.#end === undefined) {
      this.#end = new AbortController()
      if (this.#over !== undefined) this.#end.abort(this.#over.reason())
    }
    return this.#end.signal
  }

  /** It turns out to be lost. */
  protected lose(reason: () => unknown): void {
    this.#forget?.()
    this.#over ??= { reason }
    this.#end?.abort(this.#over.reason())
  }

  /**
   * Gives it back. Rejects if the server cannot be told: it is told as soon as it can be, and it is free within the TTL
   * at the latest. What is lost or given back already is fine.
   */
  release(): Promise<void> {
    this.#released ??= this.#release()
    return this.#released
  }

  /** Gives it back. Never rejects: to know, call `release()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.release().catch(() => undefined)
  }

  async #release(): Promise<void> {
    // What ended with its lease is the server's to give away.
    if (this.#lease.signal.aborted) return
    this.lose(() => new EtcdError(`${this.#what} was given back`, { code: 'canceled' }))
    try {
      await this.#give()
    } catch (error) {
      throw failure(`give back ${this.#what}`, error)
    }
  }
}
