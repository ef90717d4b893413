// Queues: first in, first out, and by priority, the same for Go's recipes.

import { bytes } from '../v3/codec.ts'
import { compare } from '../v3/compare.ts'
import type { Entry } from '../v3/entry.ts'
import { failure, inputFailure } from '../v3/failure.ts'
import type { Keyspace } from '../v3/keyspace.ts'
import type { SortKey } from '../v3/kv-options.ts'
import { op } from '../v3/op.ts'
import { assertInteger, type WriteOptions } from '../v3/options.ts'
import { prefix } from '../v3/range.ts'
import type { WaitOptions } from './bounds.ts'
import { checkName, randomName } from './recipe-keys.ts'
import { checked } from './recipe-options.ts'
import { type TakeFrom, takeFirst, tryTakeFirst } from './take-first.ts'

/**
 * A queue: first in, first out, by the revision at which an item came in. Each item is taken once. Made by `queue`.
 *
 * Its keys are those of Go's `Queue`, `name/<unique>`, and both serve the same queue.
 *
 * @example
 * ```ts
 * import { Etcd, queue } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const jobs = queue(etcd, 'jobs')
 * await jobs.enqueue('resize 1.png')
 * console.log((await jobs.dequeue({ timeoutMs: 60_000 })).value)
 * ```
 */
export class Queue<V, W> {
  readonly name: string
  readonly #items: Keyspace<V, W>
  readonly #from: TakeFrom<V>

  /** See `queue`. @internal */
  constructor(keys: Keyspace<V, W>, name: string) {
    this.name = checked('make a queue', () => checkName(name))
    this.#items = keys.keyspace(`${name}/`)
    this.#from = takeFrom(this.#items, 'modRevision', name)
  }

  /**
   * Puts an item at the end. When the answer is lost, the error's `outcome` is `unknown`: the item may be in the queue.
   */
  async enqueue(value: W, options?: WriteOptions): Promise<void> {
    try {
      await this.#items.putIfAbsent(`${Date.now()}-${randomName()}`, value, options)
    } catch (error) {
      throw enqueueFailure(this.name, error)
    }
  }

  /**
   * Waits for an item and takes the first. Rejects with an `UncertainTakeError` that has the item when the answer is
   * lost.
   */
  dequeue(options: WaitOptions = {}): Promise<Entry<V>> {
    return takeFirst(this.#from, options)
  }

  /** Takes the first item; `undefined` if there is none. */
  tryDequeue(options: WaitOptions = {}): Promise<Entry<V> | undefined> {
    return tryTakeFirst(this.#from, options)
  }
}

/** How to put an item into a priority queue. */
export interface EnqueueOptions extends WriteOptions {
  /** 0 to 65,535; the lowest comes first. Default: 0. */
  readonly priority?: number | undefined
}

const highestPriority = 65_535

/**
 * A queue by priority: the lowest number first, and within a priority first in, first out. Each item is taken once.
 * Made by `priorityQueue`.
 *
 * Its keys are those of Go's `PriorityQueue`, and both serve the same queue.
 *
 * @example
 * ```ts
 * import { Etcd, priorityQueue } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const jobs = priorityQueue(etcd, 'jobs')
 * await jobs.enqueue('urgent', { priority: 1 })
 * console.log((await jobs.dequeue()).value)
 * ```
 */
export class PriorityQueue<V, W> {
  readonly name: string
  readonly #keys: Keyspace<V, W>
  readonly #from: TakeFrom<V>

  /** See `priorityQueue`. @internal */
  constructor(keys: Keyspace<V, W>, name: string) {
    this.name = checked('make a priority queue', () => checkName(name))
    this.#keys = keys
    this.#from = takeFrom(keys.keyspace(`${name}/`), 'key', name)
  }

  /**
   * Puts an item at the end of its priority. When the answer is lost, the error's `outcome` is `unknown`: the item may
   * be in the queue.
   */
  async enqueue(value: W, options: EnqueueOptions = {}): Promise<void> {
    const { priority = 0, ...others } = options
    checked(`enqueue in ${JSON.stringify(this.name)}`, () => {
      assertInteger(priority, 'priority')
      if (priority > highestPriority) {
        throw new RangeError(`priority is at most ${highestPriority}, not ${priority}`)
      }
    })
    try {
      while (!(await this.#append(`${this.name}/${digits(priority, 5)}`, value, others)));
    } catch (error) {
      throw enqueueFailure(this.name, error)
    }
  }

  /**
   * Waits for an item and takes the first. Rejects with an `UncertainTakeError` that has the item when the answer is
   * lost.
   */
  dequeue(options: WaitOptions = {}): Promise<Entry<V>> {
    return takeFirst(this.#from, options)
  }

  /** Takes the first item; `undefined` if there is none. */
  tryDequeue(options: WaitOptions = {}): Promise<Entry<V> | undefined> {
    return tryTakeFirst(this.#from, options)
  }

  // Source: etcd `client/v3/experimental/recipes/key.go`, newSequentialKV. The guard changes with every item, so that
  // a number that was used and taken out in between is not used again at the wrong place.
  async #append(base: string, value: W, options: WriteOptions): Promise<boolean> {
    const { repeatable: _, ...reading } = options
    const last = await this.#keys.list(prefix(base), {
      ...reading,
      limit: 1,
      sort: 'key',
      order: 'descending',
      keysOnly: true,
    })
    const number = Number(last.entries[0]?.key.slice(base.length + 1) ?? -1) + 1
    const guard = `__${base}`
    const raw = this.#keys.keyspace('', bytes)
    const { succeeded } = await raw.txn(
      {
        if: [compare.modRevision(guard).lessThan(last.revision + 1)],
        then: [
          op.put(guard, new Uint8Array()),
          op.put(`${base}/${digits(number, 16)}`, this.#keys.encode(value)),
        ],
      },
      options,
    )
    return succeeded
  }
}

function takeFrom<V>(items: Keyspace<V, never>, sort: SortKey, name: string): TakeFrom<V> {
  return { items, sort, action: `dequeue from ${JSON.stringify(name)}` }
}

function digits(number: number, length: number): string {
  return String(number).padStart(length, '0')
}

function enqueueFailure(name: string, error: unknown): unknown {
  const action = `enqueue in ${JSON.stringify(name)}`
  return error instanceof TypeError || error instanceof RangeError
    ? inputFailure(action, error)
    : failure(action, error)
}

/**
 * A queue among the keys of a client or keyspace. No I/O. Throws `TypeError` for a name that is none.
 *
 * @example
 * ```ts
 * import { Etcd, json, queue } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const jobs = queue(etcd.keyspace('app/', json<{ file: string }>()), 'jobs')
 * await jobs.enqueue({ file: '1.png' })
 * ```
 */
export function queue<V, W>(keys: Keyspace<V, W>, name: string): Queue<V, W> {
  return new Queue(keys, name)
}

/**
 * A queue by priority among the keys of a client or keyspace. No I/O. Throws `TypeError` for a name that is none.
 *
 * @example
 * ```ts
 * import { Etcd, priorityQueue } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const item = await priorityQueue(etcd, 'jobs').tryDequeue()
 * console.log(item?.value)
 * ```
 */
export function priorityQueue<V, W>(keys: Keyspace<V, W>, name: string): PriorityQueue<V, W> {
  return new PriorityQueue(keys, name)
}
