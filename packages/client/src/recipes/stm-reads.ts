// What a transaction has read, and at which revision.

import type { Entry } from '../v3/entry.ts'
import type { Key, KeyRange } from '../v3/key.ts'
import { keyToBytes } from '../v3/key.ts'
import type { Keyspace } from '../v3/keyspace.ts'
import { op } from '../v3/op.ts'
import { keyText } from './key-order.ts'

/**
 * What a transaction may see of others, with the meaning of Go's `concurrency` package:
 *
 * - `serializable-snapshot`: all reads at one revision; nothing read or written has changed when it commits.
 * - `serializable`: all reads at one revision; nothing read has changed.
 * - `repeatable-reads`: what is read again is the same; nothing read has changed.
 * - `read-committed`: every read is fresh; nothing is checked.
 */
export type Isolation =
  | 'serializable-snapshot'
  | 'serializable'
  | 'repeatable-reads'
  | 'read-committed'

/** What each isolation asks for. */
export interface IsolationRules {
  /** All reads are at the revision of the first. */
  readonly pinned: boolean
  /** What is read again is the same, and must not have changed at the commit. */
  readonly checkReads: boolean
  /** What is written must not have changed since the first read. */
  readonly checkWrites: boolean
}

export const isolations: Readonly<Record<Isolation, IsolationRules>> = {
  'serializable-snapshot': { pinned: true, checkReads: true, checkWrites: true },
  serializable: { pinned: true, checkReads: true, checkWrites: false },
  'repeatable-reads': { pinned: false, checkReads: true, checkWrites: false },
  'read-committed': { pinned: false, checkReads: false, checkWrites: false },
}

/** A key that was read. */
export interface KeyRead<V> {
  readonly key: Uint8Array
  readonly entry: Entry<V> | undefined
}

/** A range that was read. */
export interface RangeRead<V> {
  readonly range: KeyRange
  readonly entries: readonly Entry<V>[]
  /** What it was read at. */
  readonly revision: number
}

/** Keys as they were at a revision. */
export interface Snapshot<V> {
  readonly revision: number
  readonly reads: readonly KeyRead<V>[]
}

/** How many keys are read ahead at most: what etcd allows in a transaction. */
export const maxOperations = 128

/** The reads of one attempt. */
export class StmReads<V, W> {
  readonly rules: IsolationRules
  readonly keys: Map<string, KeyRead<V>> = new Map()
  readonly ranges: RangeRead<V>[] = []
  readonly #space: Keyspace<V, W>
  readonly #signal: AbortSignal
  readonly #ahead = new Map<string, KeyRead<V>>()
  /** The revision of the first read, once it is under way. */
  #first: Promise<number> | undefined = undefined
  #revision: number | undefined = undefined

  constructor(space: Keyspace<V, W>, isolation: Isolation, signal: AbortSignal) {
    this.#space = space
    this.rules = isolations[isolation]
    this.#signal = signal
  }

  /** The lowest revision at which anything was read; `undefined` if nothing was. */
  get revision(): number | undefined {
    return this.#revision
  }

  /** These are known already. */
  seed({ revision, reads }: Snapshot<V>): void {
    for (const read of reads) this.#ahead.set(keyText(read.key), read)
    this.#first = Promise.resolve(revision)
    this.#revision = revision
  }

  /** Reads keys ahead, all at one revision. */
  async prefetch(keys: readonly Key[]): Promise<void> {
    const wanted = keys.slice(0, maxOperations).map(keyToBytes)
    const { results, revision } = await this.#space.txn(
      { then: wanted.map((key) => op.get(key)) },
      { signal: this.#signal },
    )
    this.seed({ revision, reads: wanted.map((key, index) => ({ key, entry: results[index] })) })
  }

  /** Reads a key. */
  async get(key: Uint8Array): Promise<Entry<V> | undefined> {
    const id = keyText(key)
    const known = this.keys.get(id) ?? this.#ahead.get(id)
    if (known !== undefined && this.rules.checkReads) {
      this.keys.set(id, known)
      return known.entry
    }
    const { entries } = await this.#read(key)
    // Whoever asked for the same key at the same time sees the same.
    const first = this.rules.checkReads ? this.keys.get(id) : undefined
    const read = first ?? { key, entry: entries[0] }
    this.keys.set(id, read)
    return read.entry
  }

  /** Reads a range. */
  async list(range: KeyRange): Promise<readonly Entry<V>[]> {
    const { entries, revision } = await this.#read(range)
    this.ranges.push({ range, entries, revision })
    return entries
  }

  async #read(
    target: Uint8Array | KeyRange,
  ): Promise<{ readonly entries: readonly Entry<V>[]; readonly revision: number }> {
    const signal = this.#signal
    if (!this.rules.pinned) return this.#space.list(target, { signal })
    if (this.#first !== undefined) {
      const revision = await this.#first
      const { entries } = await this.#space.list(target, { signal, revision })
      return { entries, revision }
    }
    const answer = this.#space.list(target, { signal })
    this.#first = answer.then(({ revision }) => {
      this.#revision = revision
      return revision
    })
    this.#first.catch(() => undefined)
    return answer
  }
}
