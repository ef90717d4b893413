// What followers follow, and who writes it.

import { type Etcd, EtcdError, op } from 'etcdkit'
import type { RoundContext } from '../../round/context.ts'
import { pause } from '../../round/pause.ts'
import { NeverSettledError } from '../../round/settling.ts'
import type { Random } from '../../schedule/random.ts'

/** The keys that are followed begin with it. */
export const dataPrefix = 'data/'
/** Where they are copied to; the workload of writes has keys below `copy/`. */
export const copyPrefix = 'mirrored/'
/** The key of the live value: one of those that are followed. */
export const liveKey = 'data/live'

const keys = 8
const timeoutMs = 2000
const longestThinkMs = 80
const weights = { put: 10, delete: 3, txn: 3, live: 3 }

/** Whether the live value takes it. */
export function isGood(value: string): boolean {
  return value.startsWith('good')
}

/** Writes what is followed, until it is told to stop. */
export class DataWriter {
  readonly #context: RoundContext
  readonly #etcd: Etcd
  readonly #random: Random
  readonly #name: string
  #count = 0

  constructor(context: RoundContext, etcd: Etcd, name: string) {
    this.#context = context
    this.#etcd = etcd
    this.#random = context.random.fork()
    this.#name = name
  }

  async run(): Promise<void> {
    const { stop, tally, settling, violations } = this.#context
    while (!stop.aborted) {
      tally.add('operations: followed write')
      await settling.within(this.#write(), timeoutMs, 'a followed write').catch((error) => {
        if (error instanceof EtcdError) tally.add(`errors: ${error.code}`)
        else if (!(error instanceof NeverSettledError)) {
          violations.add('untyped-error', `a followed write: ${String(error)}`)
        }
      })
      await pause(this.#random.integer(0, longestThinkMs), stop)
    }
  }

  #write(): Promise<unknown> {
    const value = `${this.#name}.${this.#count++}`
    switch (this.#random.weighted(weights)) {
      case 'put':
        return this.#etcd.put(this.#key(), value, { timeoutMs })
      case 'delete':
        return this.#etcd.delete(this.#key(), { timeoutMs })
      case 'txn': {
        const some = new Set([this.#key(), this.#key(), this.#key()])
        return this.#etcd.txn({ then: [...some].map((key) => op.put(key, value)) }, { timeoutMs })
      }
      case 'live': {
        const text = `${this.#random.chance(0.7) ? 'good' : 'bad'} ${value}`
        return this.#etcd.put(liveKey, text, { timeoutMs })
      }
    }
  }

  #key(): string {
    return `${dataPrefix}${this.#random.integer(0, keys - 1)}`
  }
}
