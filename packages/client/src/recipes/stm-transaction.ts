// A transaction under way, as its task sees it.

import { decodeUtf8 } from '@etcdkit/protocol'
import type { Entry } from '../v3/entry.ts'
import { inputFailure } from '../v3/failure.ts'
import { type Key, type KeyRange, keyToBytes } from '../v3/key.ts'
import type { Keyspace } from '../v3/keyspace.ts'
import type { LeaseRef } from '../v3/kv-options.ts'
import { type Op, op } from '../v3/op.ts'
import { compareBytes, isInRange, keyText } from './key-order.ts'
import type { StmReads } from './stm-reads.ts'

/** A key and its value, as a transaction sees them. */
export interface StmEntry<V> {
  readonly key: string
  readonly keyBytes: Uint8Array
  readonly value: V
}

/** What a transaction is to write. */
export interface StmWrite<V, W> {
  readonly key: Uint8Array
  /** The value as it will be read; `undefined` for a delete. */
  readonly value: { readonly read: V } | undefined
  readonly op: Op<W>
}

/** A transaction under way: it sees its own writes, and nobody else does before it has committed. */
export class StmTransaction<V, W> {
  /** What is to be written. For `stm`. */
  readonly writes: Map<string, StmWrite<V, W>> = new Map()
  readonly #keys: Keyspace<V, W>
  readonly #reads: StmReads<V, W>
  #isOpen = true

  /** @internal */
  constructor(keys: Keyspace<V, W>, reads: StmReads<V, W>) {
    this.#keys = keys
    this.#reads = reads
  }

  /** The value of a key; `undefined` if there is none. */
  async get(key: Key): Promise<V | undefined> {
    const bytes = this.#check('get', key)
    const written = this.writes.get(keyText(bytes))
    if (written !== undefined) return written.value?.read
    return (await this.#reads.get(bytes))?.value
  }

  /** The keys of a range with their values, by key. */
  async list(range: KeyRange): Promise<readonly StmEntry<V>[]> {
    this.#check('list')
    const entries = await this.#reads.list(range)
    const found = new Map<string, StmEntry<V>>(
      entries.map((entry) => [keyText(entry.keyBytes), entry]),
    )
    for (const [id, { key, value }] of this.writes) {
      if (!isInRange(key, range)) continue
      if (value === undefined) found.delete(id)
      else found.set(id, new Written(key, value.read))
    }
    return [...found.values()].sort((a, b) => compareBytes(a.keyBytes, b.keyBytes))
  }

  /** The revision of the last change of a key as it was before the transaction; 0 if there is none. */
  async revision(key: Key): Promise<number> {
    const entry: Entry<V> | undefined = await this.#reads.get(this.#check('get', key))
    return entry?.modRevision ?? 0
  }

  /** Writes a key at the commit. Throws `TypeError` for a value its codec refuses. */
  put(key: Key, value: W, options: { readonly lease?: LeaseRef | undefined } = {}): void {
    const bytes = this.#check('put', key)
    try {
      const read = this.#keys.decode(this.#keys.encode(value))
      const put = op.put(bytes, value, options)
      this.writes.set(keyText(bytes), { key: put.key, value: { read }, op: put })
    } catch (error) {
      throw inputFailure('put in the transaction', error)
    }
  }

  /** Deletes a key at the commit. */
  delete(key: Key): void {
    const deletion = op.delete(this.#check('delete', key))
    const bytes = keyToBytes(key).slice()
    this.writes.set(keyText(bytes), { key: bytes, value: undefined, op: deletion })
  }

  /** The task is done: what comes later comes too late. */
  close(): void {
    this.#isOpen = false
  }

  #check(verb: string, key: Key = '?'): Uint8Array {
    if (!this.#isOpen) throw new TypeError(`Cannot ${verb}: the transaction's task is done`)
    try {
      return keyToBytes(key)
    } catch (error) {
      throw inputFailure(`${verb} in the transaction`, error)
    }
  }
}

/** What the transaction itself has written. */
class Written<V> implements StmEntry<V> {
  readonly keyBytes: Uint8Array
  readonly value: V

  /** @internal */
  constructor(keyBytes: Uint8Array, value: V) {
    this.keyBytes = keyBytes
    this.value = value
  }

  get key(): string {
    return decodeUtf8(this.keyBytes)
  }
}
