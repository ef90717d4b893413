// The counter: a number in a key, changed without a lock.

import { EtcdError } from '@etcdkit/protocol'
import { Backoff } from '../v3/backoff.ts'
import { text } from '../v3/codec.ts'
import { typeName } from '../v3/key.ts'
import type { Keyspace } from '../v3/keyspace.ts'
import {
  assertOptions,
  type ReadOptions,
  type WriteOptions,
  writeOptionNames,
} from '../v3/options.ts'
import { pause } from '../v3/pause.ts'
import { Bounds, within } from './bounds.ts'
import { type AnyKeyspace, checkName } from './recipe-keys.ts'
import { checked } from './recipe-options.ts'

const names = /* @__PURE__ */ writeOptionNames()
const defaultTimeoutMs = 5000

/**
 * A number that many change at a time: each change is a compare-and-swap, tried again when somebody else was faster.
 * The value is decimal text. Made by `counter`.
 *
 * @example
 * ```ts
 * import { counter, Etcd } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const visits = counter(etcd, 'visits')
 * console.log(await visits.add(1))
 * ```
 */
export class Counter {
  readonly name: string
  readonly #keys: Keyspace<string>

  /** See `counter`. @internal */
  constructor(keys: AnyKeyspace, name: string) {
    this.name = checked('make a counter', () => checkName(name))
    this.#keys = keys.keyspace('', text)
  }

  /** What it stands at; 0 if there is no key. */
  async get(options?: ReadOptions): Promise<number> {
    const entry = await this.#keys.get(this.name, options)
    return entry === undefined ? 0 : this.#parse(entry.value)
  }

  /**
   * Adds to it, and resolves with what it stands at then. `timeoutMs`, by default 5,000, bounds all attempts together.
   * When an answer is lost the error's `outcome` is `unknown`: it may have been added.
   */
  async add(amount: number, options: WriteOptions = {}): Promise<number> {
    const action = `add to the counter ${JSON.stringify(this.name)}`
    checked(action, () => {
      assertOptions(options, names)
      if (typeof amount !== 'number') {
        throw new TypeError(`the amount is a number, not ${typeName(amount)}`)
      }
      if (!Number.isSafeInteger(amount)) {
        throw new RangeError(`the amount is a safe integer, not ${amount}`)
      }
    })
    const { signal, timeoutMs = defaultTimeoutMs, ...others } = options
    const bounds = new Bounds(this.#keys.clock, { signal, timeoutMs })
    return within(bounds, action, () => this.#add(amount, others, bounds))
  }

  async #add(amount: number, options: WriteOptions, bounds: Bounds): Promise<number> {
    const keys = this.#keys
    const { signal } = bounds
    const backoff = new Backoff(100)
    let entry = await keys.get(this.name, { ...reading(options), signal })
    for (;;) {
      signal.throwIfAborted()
      const sum = (entry === undefined ? 0 : this.#parse(entry.value)) + amount
      if (!Number.isSafeInteger(sum)) {
        throw new EtcdError('the sum is no safe integer', {
          code: 'out-of-range',
          outcome: 'not-applied',
        })
      }
      const expected = { modRevision: entry?.modRevision ?? 0 }
      const result = await keys.compareAndSwap(this.name, String(sum), expected, {
        ...options,
        ...bounds.write,
      })
      if (result.succeeded) return sum
      entry = result.current
      await pause(keys.clock, backoff.next(), signal)
    }
  }

  #parse(value: string): number {
    const number = Number(value)
    if (/^-?\d+$/.test(value) && Number.isSafeInteger(number)) return number
    throw new EtcdError(
      `Cannot read the counter ${JSON.stringify(this.name)}: its value is no number`,
      {
        code: 'decode-failed',
      },
    )
  }
}

function reading({ repeatable: _, ...options }: WriteOptions): ReadOptions {
  return options
}

/**
 * A counter among the keys of a client or keyspace. No I/O. Throws `TypeError` for a name that is none.
 *
 * @example
 * ```ts
 * import { counter, Etcd } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * console.log(await counter(etcd, 'visits').get())
 * ```
 */
export function counter(keys: AnyKeyspace, name: string): Counter {
  return new Counter(keys, name)
}
