// The leases of a migration: one for all keys that end in the same second.

import type { Keyspace } from '../v3/keyspace.ts'
import type { ReadOptions } from '../v3/options.ts'
import type { Ending } from './migrate-walk.ts'

const longestTtlSeconds = 9_000_000_000

/** Makes them as they are needed. None is revoked: that would delete the keys that have it already. */
export class MigrateLeases {
  readonly #v3: Keyspace<unknown, never>
  readonly #options: ReadOptions
  readonly #bySecond = new Map<number, Promise<string>>()

  constructor(v3: Keyspace<unknown, never>, options: ReadOptions) {
    this.#v3 = v3
    this.#options = options
  }

  get count(): number {
    return this.#bySecond.size
  }

  /** The id of the lease for this ending. */
  at({ second, at }: Ending): Promise<string> {
    const known = this.#bySecond.get(second)
    if (known !== undefined) return known
    const ttlSeconds = Math.ceil((at - performance.now()) / 1000)
    const granted = this.#v3.leases
      .grant({ ...this.#options, ttlSeconds: Math.min(Math.max(1, ttlSeconds), longestTtlSeconds) })
      .then(({ id }) => id)
    this.#bySecond.set(second, granted)
    // One that could not be made is made anew by whoever needs it next.
    granted.catch(() => this.#bySecond.delete(second))
    return granted
  }
}
