// A lease as callers hold it.

import { EtcdError } from '@etcdkit/protocol'
import type { Key } from '../key.ts'
import type { Keyspace } from '../keyspace.ts'
import type { PutOptions } from '../kv-options.ts'
import type { ReadOptions } from '../options.ts'
import type { PutResult } from '../results.ts'
import type { Granted } from './grant.ts'
import { keepAliveOnce, revokeLease, timeToLive } from './lease-calls.ts'
import type { LeaseContext } from './lease-context.ts'
import type { LeaseKeeper } from './lease-keeper.ts'
import type { LeaseGrant, LeaseTimeToLive, TimeToLiveOptions } from './lease-options.ts'

/** What a lease works with. */
export interface LeaseParts {
  readonly context: LeaseContext
  readonly keeper: LeaseKeeper
  readonly keys: Keyspace<string, string | Uint8Array>
}

/**
 * A lease that is kept alive until it is revoked, released or lost. Keys put with it are deleted when it ends.
 *
 * @example
 * ```ts
 * import { Etcd } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * await using lease = await etcd.lease({ ttlSeconds: 10 })
 * await etcd.put('services/web/1', 'http://10.0.0.1', { lease })
 * lease.signal.addEventListener('abort', () => console.log('gone', lease.signal.reason))
 * ```
 */
export class Lease implements AsyncDisposable {
  /** Its id, a decimal string. */
  readonly id: string
  /** Seconds the server gave it: what it lives on after the last renewal. */
  readonly ttlSeconds: number
  readonly #parts: LeaseParts
  readonly #end = new AbortController()
  readonly #holder = { lost: (reason: unknown): void => this.#end.abort(reason) }
  #revoked: Promise<void> | undefined = undefined

  /** @internal */
  constructor(granted: Granted, parts: LeaseParts) {
    this.id = granted.id
    this.ttlSeconds = granted.ttlSeconds
    this.#parts = parts
    parts.keeper.keep(granted, this.#holder)
  }

  /**
   * Aborts the moment the lease can no longer be trusted to live, with an `EtcdError` as the reason: `lease-expired`
   * when it was not renewed in time, `lease-not-found` when the server does not know it any more or it is revoked
   * here, `closed` when the client is closed, `canceled` when it is released. Code that runs for long without a pause
   * holds the abort up, but asking the lease for its signal tells the truth even then.
   */
  get signal(): AbortSignal {
    if (!this.#end.signal.aborted) this.#parts.keeper.check(this.id)
    return this.#end.signal
  }

  /** Writes a key that lives no longer than the lease. In a keyspace: `keyspace.put(key, value, { lease })`. */
  put(
    key: Key,
    value: string | Uint8Array,
    options?: Omit<PutOptions, 'lease' | 'ignoreLease' | 'ignoreValue'>,
  ): Promise<PutResult<string>> {
    return this.#parts.keys.put(key, value, { ...options, lease: this.id })
  }

  /** What is left of the lease; `undefined` if there is no such lease any more. */
  timeToLive(options?: TimeToLiveOptions): Promise<LeaseTimeToLive | undefined> {
    return timeToLive(this.#parts.context, this.id, options)
  }

  /** Renews the lease now, beside what is done anyway. Rejects with `lease-not-found` if it is gone. */
  async keepAliveOnce(options?: ReadOptions): Promise<LeaseGrant> {
    const { context, keeper } = this.#parts
    const renewed = await keepAliveOnce(context, this.id, options)
    keeper.renewed(renewed)
    return { id: renewed.id, ttlSeconds: renewed.ttlSeconds }
  }

  /**
   * Ends the lease and deletes its keys. From the call on it is not renewed, and `signal` is aborted. A lease that is
   * gone already is fine. Rejects if the server cannot be told: then the lease ends by itself within its TTL.
   */
  revoke(options?: ReadOptions): Promise<void> {
    this.#stop('lease-not-found', 'revoked')
    this.#revoked ??= this.#revoke(options).catch((error) => {
      this.#revoked = undefined
      throw error
    })
    return this.#revoked
  }

  /** Stops renewing the lease, and lets it and its keys live on until its TTL is over or someone else renews it. */
  release(): void {
    this.#stop('canceled', 'released')
  }

  /**
   * Revokes the lease, unless it is lost or released. Never rejects: what cannot be revoked ends by itself within its
   * TTL. To know, call `revoke()`.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.signal.aborted) await this.#revoked?.catch(() => undefined)
    else await this.revoke().catch(() => undefined)
  }

  async #revoke(options: ReadOptions | undefined): Promise<void> {
    try {
      await revokeLease(this.#parts.context, this.id, options)
    } catch (error) {
      if (!(error instanceof EtcdError) || error.code !== 'lease-not-found') throw error
    }
  }

  #stop(code: 'lease-not-found' | 'canceled', fact: string): void {
    this.#parts.keeper.drop(this.id, this.#holder)
    if (!this.signal.aborted)
      this.#end.abort(new EtcdError(`lease ${this.id} was ${fact}`, { code }))
  }
}
