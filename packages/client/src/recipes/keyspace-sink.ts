// Another client or keyspace as the sink of a mirror.

import { bytes } from '../v3/codec.ts'
import type { KeyRange } from '../v3/key.ts'
import { type DeleteOp, op, type PutOp } from '../v3/op.ts'
import { compareBytes, keyText } from './key-order.ts'
import type { MirrorChange, MirrorSink } from './mirror.ts'
import { MirrorFence } from './mirror-fence.ts'
import type { AnyKeyspace, RecipeKeys } from './recipe-keys.ts'

/** What etcd allows in one transaction, unless told otherwise, without the one of the fence. */
const maxOperations = 127
/** What a transaction may take, well below the 1.5 MiB that etcd allows a request. */
const maxBytes = 1024 * 1024

type WriteOp = PutOp<Uint8Array> | DeleteOp

/** Writes what is mirrored into a keyspace, under a fence: whatever arrives late is refused. */
export class KeyspaceSink implements MirrorSink, AsyncDisposable {
  readonly #keys: RecipeKeys
  readonly #range: KeyRange
  readonly #fence: MirrorFence

  private constructor(keys: RecipeKeys, range: KeyRange, fence: MirrorFence) {
    this.#keys = keys
    this.#range = range
    this.#fence = fence
  }

  static async open(
    keys: AnyKeyspace,
    range: KeyRange,
    signal: AbortSignal,
  ): Promise<KeyspaceSink> {
    const raw = keys.keyspace('', bytes)
    return new KeyspaceSink(raw, range, await MirrorFence.raise(raw, range, signal))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#fence[Symbol.asyncDispose]()
  }

  async replace(changes: AsyncIterable<MirrorChange>): Promise<void> {
    // Both come in the order of keys, so that one pass tells what is new, what has changed and what is to go.
    const existing = this.#keys.scan(this.#range)
    const batch = new Batch(this.#fence)
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
    const batch = new Batch(this.#fence)
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
  readonly #fence: MirrorFence
  #ops = new Map<string, WriteOp>()
  #bytes = 0

  constructor(fence: MirrorFence) {
    this.#fence = fence
  }

  async add(key: Uint8Array, value: Uint8Array | undefined): Promise<void> {
    // It is no part of what is mirrored, there or here.
    if (compareBytes(key, this.#fence.key) === 0) return
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
    await this.#fence.write(then)
  }
}
