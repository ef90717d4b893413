// The commit of a transaction: its writes, if what it depends on is as it was.

import { type Comparison, compare } from '../v3/compare.ts'
import type { Keyspace } from '../v3/keyspace.ts'
import { op } from '../v3/op.ts'
import type { WriteOptions } from '../v3/options.ts'
import { keyText } from './key-order.ts'
import { maxOperations, type Snapshot, type StmReads } from './stm-reads.ts'
import type { StmWrite } from './stm-transaction.ts'

/** A commit. */
export class StmCommit<V, W> {
  readonly #keys: Keyspace<V, W>
  readonly #reads: StmReads<V, W>
  readonly #writes: ReadonlyMap<string, StmWrite<V, W>>

  constructor(
    keys: Keyspace<V, W>,
    reads: StmReads<V, W>,
    writes: ReadonlyMap<string, StmWrite<V, W>>,
  ) {
    this.#keys = keys
    this.#reads = reads
    this.#writes = writes
  }

  /** Commits, or finds out how the keys that were read are now. */
  async run(options: WriteOptions): Promise<'committed' | Snapshot<V>> {
    const { pinned } = this.#reads.rules
    // What was read at one revision was true at that revision.
    if (this.#writes.size === 0 && pinned) return 'committed'
    const conditions = this.#conditions()
    if (this.#writes.size === 0 && conditions.length === 0) return 'committed'
    const again = [...this.#reads.keys.values()].map(({ key }) => key).slice(0, maxOperations)
    const then = [...this.#writes.values()].map((write) => write.op)
    const answer = await this.#keys.txn(
      { if: conditions, then, else: again.map((key) => op.get(key)) },
      options,
    )
    if (answer.succeeded) return 'committed'
    const { results, revision } = answer
    return { revision, reads: again.map((key, index) => ({ key, entry: results[index] })) }
  }

  #conditions(): Comparison<W>[] {
    const { rules, keys, ranges, revision } = this.#reads
    const conditions = new Map<string, Comparison<W>>()
    const unchanged = (key: Uint8Array, modRevision: number): void => {
      conditions.set(keyText(key), compare.modRevision(key).equals(modRevision))
    }
    const sinceRead: Comparison<W>[] = []
    if (rules.checkReads) {
      for (const { key, entry } of keys.values()) unchanged(key, entry?.modRevision ?? 0)
      for (const { range, entries, revision: readAt } of ranges) {
        // Nothing new, and nothing gone.
        sinceRead.push(compare.modRevision(range).lessThan(readAt + 1))
        for (const { keyBytes, modRevision } of entries) unchanged(keyBytes, modRevision)
      }
    }
    if (rules.checkWrites && revision !== undefined) {
      for (const [id, { key }] of this.#writes) {
        if (!conditions.has(id)) sinceRead.push(compare.modRevision(key).lessThan(revision + 1))
      }
    }
    return [...conditions.values(), ...sinceRead]
  }
}
