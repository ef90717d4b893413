// What a watch was told and its reader has not taken yet.

import { type Event, type KeyValue, KeyValueView } from '@etcdkit/protocol'

interface AnyBatch {
  /** Everything up to this revision has been told. */
  readonly revision: number
  /** The store's revision when the server answered. */
  readonly storeRevision: number
  /** About how much memory it takes. */
  readonly bytes: number
}

/** Whole revisions, or a notification that there are none. */
export interface BufferedEvents extends AnyBatch {
  readonly kind: 'events' | 'progress'
  readonly events: readonly Event[]
}

/** All keys at a revision, in place of the changes up to it. */
export interface BufferedState extends AnyBatch {
  readonly kind: 'resync'
  readonly kvs: readonly KeyValue[]
  readonly compactRevision: number | undefined
}

/** What a reader is given at a time. */
export type BufferedBatch = BufferedEvents | BufferedState

interface Waiter {
  readonly resolve: (batch: BufferedBatch | undefined) => void
  readonly reject: (reason: unknown) => void
}

type End = { readonly kind: 'done' } | { readonly kind: 'failed'; readonly reason: unknown }

/** A queue with readers that wait. Its end is told after what is in it. */
export class WatchBuffer {
  #batches: BufferedBatch[] = []
  #taken = 0
  #bytes = 0
  #waiters: Waiter[] = []
  #end: End | undefined = undefined

  /** About how much memory is taken by what waits. */
  get bytes(): number {
    return this.#bytes
  }

  push(batch: BufferedBatch): void {
    const waiter = this.#waiters.shift()
    if (waiter !== undefined) {
      waiter.resolve(batch)
      return
    }
    // Of notifications in a row the last says it all; they must not pile up where nobody reads.
    if (batch.kind === 'progress' && this.#batches.at(-1)?.kind === 'progress') this.#batches.pop()
    this.#batches.push(batch)
    this.#bytes += batch.bytes
  }

  /** The next batch, once there is one; `undefined` at the end. The reason of a failure is told once. */
  next(): Promise<BufferedBatch | undefined> {
    const batch = this.#batches[this.#taken]
    if (batch !== undefined) {
      this.#take(batch)
      return Promise.resolve(batch)
    }
    if (this.#end === undefined) {
      return new Promise((resolve, reject) => {
        this.#waiters.push({ resolve, reject })
      })
    }
    return this.#tellEnd(this.#end)
  }

  /** Nothing more will come. */
  finish(): void {
    this.#finish({ kind: 'done' })
  }

  /** Nothing more will come, because of `reason`. */
  fail(reason: unknown): void {
    this.#finish({ kind: 'failed', reason })
  }

  /** Forgets what waits. */
  clear(): void {
    this.#batches = []
    this.#taken = 0
    this.#bytes = 0
  }

  #take(batch: BufferedBatch): void {
    this.#bytes -= batch.bytes
    this.#taken += 1
    if (this.#taken === this.#batches.length) this.clear()
    else if (this.#taken > 1000) {
      this.#batches.splice(0, this.#taken)
      this.#taken = 0
    }
  }

  #finish(end: End): void {
    if (this.#end !== undefined) return
    this.#end = end
    // Who waits has nothing left before the end.
    for (const { resolve, reject } of this.#waiters.splice(0)) {
      this.#tellEnd(this.#end).then(resolve, reject)
    }
  }

  #tellEnd(end: End): Promise<undefined> {
    if (end.kind === 'done') return Promise.resolve(undefined)
    this.#end = { kind: 'done' }
    return Promise.reject(end.reason)
  }
}

/** About how much memory an event takes beside its bytes. */
const eventOverhead = 200

/** About how much memory events take. */
export function sizeOf(events: readonly Event[]): number {
  let bytes = 0
  for (const { kv, prevKv } of events) {
    bytes += eventOverhead
    if (kv !== undefined) bytes += sizeOfEntry(kv)
    if (prevKv !== undefined) bytes += sizeOfEntry(prevKv)
  }
  return bytes
}

/** How many bytes a key and its value have. */
export function sizeOfEntry(kv: KeyValue): number {
  return kv instanceof KeyValueView ? kv.size : kv.key.length + kv.value.length
}
