// The grants that are under way, so that a client that closes leaves none of their leases behind if it is asked to.

import { EtcdError } from '@etcdkit/protocol'
import type { Clock } from '../clock.ts'

/** What a close waits for when there is no limit for calls. */
const defaultLimitMs = 5000

/** Grants that are not answered, and the revocations of leases that nobody wants any more. */
export class Grants {
  readonly #clock: Clock
  readonly #abandoning = new AbortController()
  readonly #underWay = new Set<Promise<unknown>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Aborted when all grants are abandoned: their callers are told its reason, and what is made is revoked. */
  get abandoned(): AbortSignal {
    return this.#abandoning.signal
  }

  /** Has {@link abandon} wait for `work`, which must not reject. */
  add(work: Promise<unknown>): void {
    this.#underWay.add(work)
    void work.finally(() => this.#underWay.delete(work))
  }

  /**
   * Abandons all that are under way, and those to come. Resolves when what they made is revoked, or after `limitMs`: then
   * it ends by itself.
   */
  async abandon(limitMs: number): Promise<void> {
    const reason = new EtcdError('Cannot grant a lease: the client is closed', {
      code: 'closed',
      outcome: 'unknown',
    })
    this.#abandoning.abort(reason)
    if (this.#underWay.size === 0) return
    let timer: unknown
    const late = new Promise<void>((resolve) => {
      const ms = limitMs > 0 && limitMs < Number.POSITIVE_INFINITY ? limitMs : defaultLimitMs
      timer = this.#clock.setTimeout(resolve, ms)
    })
    await Promise.race([this.#settled(), late])
    this.#clock.clearTimeout(timer)
  }

  async #settled(): Promise<void> {
    // A grant that is abandoned has its revocation follow.
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }
}
