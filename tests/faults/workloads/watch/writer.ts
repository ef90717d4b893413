// Changes for watchers: puts, deletes and transactions on few keys, small and large.

import { type Etcd, EtcdError, op, prefix } from 'etcdkit'
import type { RoundContext } from '../../round/context.ts'
import { pause } from '../../round/pause.ts'
import type { Random } from '../../schedule/random.ts'
import { groups, keysPerGroup, watchedKey } from './plan.ts'

const weights = { put: 20, large: 1, delete: 4, clear: 1, txn: 3 }
const longestThinkMs = 60
const timeoutMs = 2000

/** Writes until it is told to stop. What becomes of each write is seen in the history alone. */
export class WatchWriter {
  readonly #context: RoundContext
  readonly #etcd: Etcd
  readonly #random: Random
  #count = 0

  constructor(context: RoundContext, etcd: Etcd, random: Random) {
    this.#context = context
    this.#etcd = etcd
    this.#random = random
  }

  async run(): Promise<void> {
    const { stop } = this.#context
    while (!stop.aborted) {
      await this.#settle(() => this.#write())
      await pause(this.#random.integer(0, longestThinkMs))
    }
  }

  async #settle(write: () => Promise<unknown>): Promise<void> {
    const { settling, tally, violations } = this.#context
    tally.add('operations: watched write')
    try {
      await settling.within(write(), timeoutMs, 'a watched write')
    } catch (error) {
      if (error instanceof EtcdError) tally.add(`errors: ${error.code}`)
      else if (!(error instanceof Error && error.name === 'NeverSettledError')) {
        violations.add('untyped-error', `a watched write: ${String(error)}`)
      }
    }
  }

  #write(): Promise<unknown> {
    const random = this.#random
    const options = { timeoutMs }
    switch (random.weighted(weights)) {
      case 'put':
        return this.#etcd.put(this.#key(), this.#value(), options)
      case 'large':
        return this.#etcd.put(
          this.#key(),
          this.#value().padEnd(random.integer(5000, 60_000)),
          options,
        )
      case 'delete':
        return this.#etcd.delete(this.#key(), options)
      case 'clear':
        return this.#etcd.delete(prefix(`w/${random.integer(0, groups - 1)}/`), options)
      case 'txn':
        return this.#txn()
    }
  }

  #txn(): Promise<unknown> {
    const keys = new Set(Array.from({ length: this.#random.integer(2, 6) }, () => this.#key()))
    const changes = [...keys].map((key) =>
      this.#random.chance(0.7) ? op.put(key, this.#value()) : op.delete(key),
    )
    return this.#etcd.txn({ then: changes }, { timeoutMs })
  }

  #key(): string {
    return watchedKey(
      this.#random.integer(0, groups - 1),
      this.#random.integer(0, keysPerGroup - 1),
    )
  }

  #value(): string {
    return `${this.#random.next().toString(36)}.${this.#count++}`
  }
}
