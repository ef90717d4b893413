// Another client or keyspace as the sink of a mirror.

import { bytes } from '../v3/codec.ts'
import type { KeyRange } from '../v3/key.ts'
import { type DeleteOp, op, type PutOp } from '../v3/op.ts'
import { compareBytes, keyText } from './key-order.ts'
import type { MirrorChange, MirrorSink } from './mirror.ts'
import type { AnyKeyspace, RecipeKeys } from './recipe-keys.ts'

/** What etcd allows in one transaction, unless told otherwise. */
const maxOperations = 128
/** What a transaction may take, well below the 1.5 MiB that etcd allows a request. */
const maxBytes = 1024 * 1024

type WriteOp = PutOp<Uint8Array> | DeleteOp

/** Writes what is mirrored into a keyspace. Whatever is written again is the same again, so all may be repeated. */
export class KeyspaceSink implements MirrorSink {
  readonly #keys: RecipeKeys
  readonly #range: KeyRange

  constructor(keys: AnyKeyspace, range: KeyRange) {
    this.#keys = keys.keyspace('', bytes)
    this.#range = range
  }

  async replace(changes: AsyncIterable<MirrorChange>): Promise<void> {
    // Both come in the order of keys, so that one pass tells what is new, what has changed and what is to go.
    const existing = this.#keys.scan(this.#range)
    const batch = new Batch(this.#keys)
    let left = await existing.next()
    for await (const { key, value = new Uint8Array() } of changes) {
      while (!left.done && compareBytes(left.value.keyBytes, key) < 0) {
        await batch.add(left.value.keyBytes, undefined)
        left = await existing.next()
      }
      const isThere = !left.done && compareBytes(left.value.keyBytes, key) === 0
      if (isThere && !left.done && compareBytes(left.value.valueBytes, value) === 0) {
        left = await existing.next()
        continue
      }
      if (isThere) left = await existing.next()
      await batch.add(key, value)
    }
    for (; !left.done; left = await existing.next()) {
      await batch.add(left.value.keyBytes, undefined)
    }
    await batch.flush()
  }

  async apply(changes: readonly MirrorChange[]): Promise<void> {
    const batch = new Batch(this.#keys)
    let revision = 0
    for (const change of changes) {
      // A revision is one transaction there, and is one here.
      if (change.revision !== revision) await batch.flush()
      revision = change.revision
      await batch.add(change.key, change.value)
    }
    await batch.flush()
  }
}

/** Writes that go together. */
class Batch {
  readonly #keys: RecipeKeys
  #ops = new Map<string, WriteOp>()
  #bytes = 0

  constructor(keys: RecipeKeys) {
    this.#keys = keys
  }

  async add(key: Uint8Array, value: Uint8Array | undefined): Promise<void> {
    const size = key.length + (value?.length ?? 0)
    const id = keyText(key)
    // A transaction changes a key once.
    const isFull = this.#ops.size === maxOperations || this.#bytes + size > maxBytes
    if (this.#ops.has(id) || (isFull && this.#ops.size > 0)) await this.flush()
    this.#ops.set(id, value === undefined ? op.delete(key) : op.put(key, value))
    this.#bytes += size
  }

  async flush(): Promise<void> {
    if (this.#ops.size === 0) return
    const then = [...this.#ops.values()]
    this.#ops = new Map()
    this.#bytes = 0
    await this.#keys.txn({ then }, { repeatable: true })
  }
}
