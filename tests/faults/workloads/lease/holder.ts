// Holds a lease with a key on it for as long as the client says that it can be trusted, then another.

import { type Etcd, EtcdError, type Lease } from 'etcdkit'
import type { RoundContext } from '../../round/context.ts'
import { pause } from '../../round/pause.ts'
import type { Random } from '../../schedule/random.ts'

const grantMs = 5000
const putMs = 1500
const pauseMs = 100
const goodReasons: ReadonlySet<string> = new Set(['lease-expired', 'lease-not-found', 'canceled'])

/** A lease that someone believes in. */
export interface Belief {
  readonly lease: Lease
  readonly holder: string
}

/** Holds one lease at a time. */
export class Holder {
  readonly #context: RoundContext
  readonly #etcd: Etcd
  readonly #random: Random
  readonly #name: string
  /** Every lease ever held, by the key on it. */
  readonly #beliefs: Map<string, Belief>
  #count = 0

  constructor(
    parts: { readonly context: RoundContext; readonly etcd: Etcd; readonly random: Random },
    name: string,
    beliefs: Map<string, Belief>,
  ) {
    this.#context = parts.context
    this.#etcd = parts.etcd
    this.#random = parts.random
    this.#name = name
    this.#beliefs = beliefs
  }

  async run(): Promise<void> {
    const { stop } = this.#context
    while (!stop.aborted) {
      await this.#hold().catch((error) => this.#failed(error))
      await pause(pauseMs)
    }
  }

  async #hold(): Promise<void> {
    const { settling, tally, violations, stop } = this.#context
    // Shorter ones end because a busy machine has no time for them.
    const ttlSeconds = this.#random.integer(2, 7)
    const grant = this.#etcd.lease({ ttlSeconds, timeoutMs: grantMs })
    const lease = await settling.within(grant, grantMs, `${this.#name}: the grant`)
    tally.add('leases granted')
    const key = `lease/${this.#name}/${this.#count++}`
    this.#beliefs.set(key, { lease, holder: this.#name })
    const end = this.#endOf(lease, stop)
    await this.#put(lease, key).catch((error) => this.#failed(error))
    await end
    if (lease.signal.aborted) {
      const { code } = lease.signal.reason
      tally.add(`leases lost: ${code}`)
      if (!goodReasons.has(code)) violations.add('lease-reason', String(lease.signal.reason))
      return
    }
    // One that is let go is no more believed in; whether it is revoked makes no difference.
    if (this.#random.chance(0.5)) lease.release()
    else await settling.within(lease.revoke({ timeoutMs: grantMs }), grantMs, 'a revocation')
  }

  async #put(lease: Lease, key: string): Promise<void> {
    const put = lease.put(key, this.#name, { timeoutMs: putMs })
    await this.#context.settling.within(put, putMs, `${this.#name}: put`)
  }

  /** Resolves when the lease is lost, after a while, or when the round is over. */
  async #endOf({ signal }: Lease, stop: AbortSignal): Promise<void> {
    const ms = this.#random.chance(0.3) ? this.#random.integer(500, 8000) : 600_000
    await pause(ms, signal, stop)
  }

  #failed(error: unknown): void {
    const { tally, violations } = this.#context
    if (error instanceof EtcdError) tally.add(`errors: ${error.code}`)
    else if (!(error instanceof Error && error.name === 'NeverSettledError')) {
      violations.add('untyped-error', `${this.#name}: ${String(error)}`)
    }
  }
}
