// The barrier: while somebody holds it, everybody else waits.

import { bytes } from '../v3/codec.ts'
import { compare } from '../v3/compare.ts'
import { op } from '../v3/op.ts'
import { Bounds, type WaitOptions, within } from './bounds.ts'
import { Held } from './held.ts'
import { persist } from './persist.ts'
import { type AnyKeyspace, checkName, type RecipeKeys } from './recipe-keys.ts'
import { assertWaitOptions, checked } from './recipe-options.ts'
import type { Session } from './session.ts'
import type { HoldOptions } from './take-seat.ts'
import { underSession } from './under-session.ts'
import { waitUntilGone } from './wait-for-change.ts'

/** A barrier that is held: whoever waits goes on when it is released, or when its holder is gone. */
export class HeldBarrier extends Held {
  readonly name: string

  /** @internal */
  constructor(name: string, session: Session, give: () => Promise<void>) {
    super(`the barrier ${JSON.stringify(name)}`, session.lease, give)
    this.name = name
  }
}

/**
 * A barrier. Its key is that of Go's `Barrier`, the name itself, and both hold up each other; ours is gone with its
 * holder. Made by `barrier`.
 *
 * @example
 * ```ts
 * import { barrier, Etcd } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const migration = barrier(etcd, 'migration')
 * await migration.wait({ timeoutMs: 60_000 })
 * ```
 */
export class Barrier {
  readonly name: string
  readonly #keys: RecipeKeys

  /** See `barrier`. @internal */
  constructor(keys: AnyKeyspace, name: string) {
    this.name = checked('make a barrier', () => checkName(name))
    this.#keys = keys.keyspace('', bytes)
  }

  /** Holds everybody up; `undefined` if somebody does already. */
  async hold(options: HoldOptions = {}): Promise<HeldBarrier | undefined> {
    const action = `hold the barrier ${JSON.stringify(this.name)}`
    checked(action, () => assertWaitOptions(options, 'ttlSeconds', 'session'))
    return within(new Bounds(this.#keys.clock, options), action, ({ signal }) =>
      this.#hold(options, signal),
    )
  }

  /** Waits until nobody holds it. */
  async wait(options: WaitOptions = {}): Promise<void> {
    const action = `wait at the barrier ${JSON.stringify(this.name)}`
    checked(action, () => assertWaitOptions(options, 'ttlSeconds', 'session'))
    return within(new Bounds(this.#keys.clock, options), action, ({ signal }) =>
      waitUntilGone(this.#keys, this.name, signal),
    )
  }

  async #hold(options: HoldOptions, signal: AbortSignal): Promise<HeldBarrier | undefined> {
    signal.throwIfAborted()
    const keys = this.#keys
    return underSession({ keys, options, signal }, async (session, isOwn) => {
      const created = await this.#create(session, signal)
      if (created === undefined) return undefined
      const give = (): Promise<void> => (isOwn ? session.close() : this.#delete(created))
      return new HeldBarrier(this.name, session, give)
    })
  }

  // Asked again when an answer is lost, it finds its own key by the lease, and by what is in it.
  async #create({ lease }: Session, signal: AbortSignal): Promise<number | undefined> {
    const keys = this.#keys
    const mine = globalThis.crypto.getRandomValues(new Uint8Array(8))
    const answer = await persist(keys.clock, signal, () =>
      keys.txn(
        {
          if: [compare.createRevision(this.name).equals(0)],
          then: [op.put(this.name, mine, { lease })],
          else: [op.get(this.name)],
        },
        { signal, repeatable: true },
      ),
    )
    if (answer.succeeded) return answer.revision
    const [held] = answer.results
    const isMine = held?.lease === lease.id && String(held.valueBytes) === String(mine)
    return isMine ? held.createRevision : undefined
  }

  async #delete(created: number): Promise<void> {
    await this.#keys.txn(
      {
        if: [compare.createRevision(this.name).equals(created)],
        then: [op.delete(this.name)],
      },
      { repeatable: true },
    )
  }
}

/**
 * A barrier among the keys of a client or keyspace. No I/O. Throws `TypeError` for a name that is none.
 *
 * @example
 * ```ts
 * import { barrier, Etcd } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * await using held = await barrier(etcd, 'migration').hold({ ttlSeconds: 30 })
 * if (held === undefined) throw new Error('somebody migrates already')
 * ```
 */
export function barrier(keys: AnyKeyspace, name: string): Barrier {
  return new Barrier(keys, name)
}
