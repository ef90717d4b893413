// A leadership that is held.

import { EtcdError } from '@etcdkit/protocol'
import { compare, type NumberComparison } from '../v3/compare.ts'
import { failure } from '../v3/failure.ts'
import type { Keyspace } from '../v3/keyspace.ts'
import { op } from '../v3/op.ts'
import type { WriteOptions } from '../v3/options.ts'
import type { Contender } from './contender.ts'
import { Held } from './held.ts'

/** What a leadership works with. */
export interface LeadershipParts<V, W> {
  readonly name: string
  readonly candidates: Keyspace<V, W>
  readonly contender: Contender
  readonly give: () => Promise<void>
}

/**
 * A leadership. It is lost when its lease is, at the latest when the server could make someone else leader: `signal` is
 * aborted then.
 *
 * @example
 * ```ts
 * import { Etcd } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * await using leadership = await etcd.election('schedulers').campaign('host-1')
 * await leadership.proclaim('host-1, busy')
 * ```
 */
export class Leadership<V, W> extends Held {
  /** The key that stands for it, within its keyspace: `name/<lease in hexadecimal>`. */
  readonly key: string
  /** The revision at which the key came into being, larger than that of every earlier leader. */
  readonly fence: number
  /** A condition that holds as long as the leadership does: for the `if` of a transaction within the same keyspace. */
  readonly isHeld: NumberComparison
  readonly #parts: LeadershipParts<V, W>
  #value: unknown

  /** @internal */
  constructor(parts: LeadershipParts<V, W>, value: unknown) {
    const { name, contender, give } = parts
    super(`the leadership of ${JSON.stringify(name)}`, contender.lease, give)
    this.key = `${name}/${contender.name}`
    this.fence = contender.createRevision
    this.isHeld = compare.createRevision(this.key).equals(this.fence)
    this.#parts = parts
    this.#value = value
  }

  /** What was last said to the others. */
  get value(): W {
    // Written by the constructor and `proclaim` only.
    return this.#value as W
  }

  /** Says something else. Rejects with `election-not-leader` if someone else may lead. */
  async proclaim(value: W, options?: WriteOptions): Promise<void> {
    const { name, candidates, contender } = this.#parts
    const action = `proclaim for ${JSON.stringify(name)}`
    if (this.signal.aborted) throw failure(action, this.#over())
    const { succeeded } = await candidates
      .txn(
        {
          if: [compare.createRevision(contender.name).equals(this.fence)],
          then: [op.put(contender.name, value, { lease: contender.lease })],
        },
        options,
      )
      .catch((error) => {
        throw failure(action, error)
      })
    if (!succeeded) {
      const error = this.#over()
      this.lose(() => error)
      throw failure(action, error)
    }
    this.#value = value
  }

  /** Gives the leadership to the next in line. See `release`. */
  resign(): Promise<void> {
    return this.release()
  }

  #over(): EtcdError {
    const options = { code: 'election-not-leader', outcome: 'not-applied' } as const
    return new EtcdError('the leadership is over', { ...options, cause: this.signal.reason })
  }
}
