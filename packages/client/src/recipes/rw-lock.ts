// The read-write lock: many readers or one writer, in the order of asking, the same for Go's recipes.

import { encodeBase64 } from '@etcdkit/protocol'
import { noBytes } from '../v3/bytes.ts'
import { prefix } from '../v3/range.ts'
import { oldestOfAll, type Turn } from './contender.ts'
import { Lock } from './lock.ts'
import { type AnyKeyspace, keysUnder, leaseKey, type RecipeKeys } from './recipe-keys.ts'
import { checked } from './recipe-options.ts'
import type { SeatPlan } from './seats.ts'
import type { Session } from './session.ts'
import { type HoldOptions, takeSeat } from './take-seat.ts'

type Mode = 'read' | 'write'

// Readers wait for the writers that asked before them, writers for everybody who did.
const turns: Readonly<Record<Mode, Turn>> = {
  read: { range: /* @__PURE__ */ prefix('write/'), among: 1 },
  write: oldestOfAll,
}

/**
 * A lock that many may read under at a time, or one write. Who asks later waits for who asked before, so that readers
 * do not starve a writer. Made by `rwLock`.
 *
 * Its keys are those of Go's `RWMutex`: `name/read/…` and `name/write/…`, and both exclude each other.
 *
 * @example
 * ```ts
 * import { Etcd, rwLock } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const index = rwLock(etcd, 'index')
 * await using reading = await index.read({ timeoutMs: 5000 })
 * ```
 */
export class RwLock {
  readonly name: string
  readonly #keys: AnyKeyspace
  readonly #queue: RecipeKeys

  /** See `rwLock`. @internal */
  constructor(keys: AnyKeyspace, name: string) {
    this.#queue = checked('make a read-write lock', () => keysUnder(keys, name))
    this.name = name
    this.#keys = keys
  }

  /** Waits until no writer that asked before is left, and reads. */
  async read(options: HoldOptions = {}): Promise<Lock> {
    // Only a try comes back without.
    return (await this.#take('read', options, true)) as Lock
  }

  /** Reads if no writer writes or waits; `undefined` if one does. */
  tryRead(options: HoldOptions = {}): Promise<Lock | undefined> {
    return this.#take('read', options, false)
  }

  /** Waits until nobody who asked before is left, and writes. */
  async write(options: HoldOptions = {}): Promise<Lock> {
    // Only a try comes back without.
    return (await this.#take('write', options, true)) as Lock
  }

  /** Writes if nobody reads, writes or waits; `undefined` if somebody does. */
  tryWrite(options: HoldOptions = {}): Promise<Lock | undefined> {
    return this.#take('write', options, false)
  }

  async #take(mode: Mode, options: HoldOptions, wait: boolean): Promise<Lock | undefined> {
    const action = `${wait ? '' : 'try to '}${mode} under the lock ${JSON.stringify(this.name)}`
    const plan = (session: Session): SeatPlan => this.#plan(mode, session)
    const taken = await takeSeat({ keys: this.#keys, action, options, wait, plan })
    return taken && new Lock(this.name, taken)
  }

  #plan(mode: Mode, { seats, lease }: Session): SeatPlan {
    const id = (each: Mode): string => `${each} ${encodeBase64(this.#queue.prefix)}`
    const other = mode === 'read' ? 'write' : 'read'
    // It would wait for itself.
    if (seats.has(id(other))) throw new TypeError(`the session has asked to ${other} already`)
    return {
      id: id(mode),
      keys: this.#queue,
      name: `${mode}/${leaseKey(lease.id)}`,
      value: noBytes,
      turn: turns[mode],
    }
  }
}

/**
 * A read-write lock among the keys of a client or keyspace. No I/O. Throws `TypeError` for a name that is none.
 *
 * @example
 * ```ts
 * import { Etcd, rwLock } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * await using writing = await rwLock(etcd, 'index').write()
 * console.log(writing.fence)
 * ```
 */
export function rwLock(keys: AnyKeyspace, name: string): RwLock {
  return new RwLock(keys, name)
}
