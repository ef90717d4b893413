// What a watch tells.

import { type Event, EventType, encodeBase64, KeyValue } from '@etcdkit/protocol'
import { Entry, type EntryJson, type EntryScope } from '../entry.ts'
import { inspect } from '../inspect.ts'
import type { BufferedEvents, BufferedState } from './watch-buffer.ts'

/** What all changes of a key have. */
interface AnyChange<V> {
  /** The key as text. Throws an `EtcdError` (`decode-failed`) if it is not UTF-8: see `keyBytes`. */
  readonly key: string
  readonly keyBytes: Uint8Array
  /** Revision of the change. */
  readonly revision: number
  /** The key as it was before, if the watch asked for it, there was one, and it is not compacted. */
  readonly previous: Entry<V> | undefined
  toJSON(): WatchEventJson<V>
}

/** A key was written. */
export interface PutEvent<V> extends AnyChange<V> {
  readonly type: 'put'
  /** The key as it is now. */
  readonly entry: Entry<V>
  /** Its value, decoded when first asked for. Throws an `EtcdError` (`decode-failed`) if the codec cannot. */
  readonly value: V
  /** Whether the key came into being. */
  readonly created: boolean
}

/** A key was deleted, or its lease ended. */
export interface DeleteEvent<V> extends AnyChange<V> {
  readonly type: 'delete'
  readonly entry: undefined
  readonly value: undefined
  readonly created: false
}

/**
 * A change of a key. Its `type` tells which.
 *
 * @example
 * ```ts
 * import { Etcd, prefix, type WatchEvent } from 'etcdkit'
 *
 * const show = (event: WatchEvent<string>): string =>
 *   event.type === 'put' ? `${event.key} = ${event.value}` : `${event.key} is gone`
 *
 * await using etcd = new Etcd()
 * for await (const event of etcd.watch(prefix('config/'))) console.log(show(event))
 * ```
 */
export type WatchEvent<V> = PutEvent<V> | DeleteEvent<V>

/** Changes that belong together: all of each revision told of, or a notification that there were none. */
export interface WatchBatch<V> {
  /** `progress` has no events: it tells that there were none up to `revision`. */
  readonly kind: 'events' | 'progress'
  /** In the order in which they happened. */
  readonly events: readonly WatchEvent<V>[]
  /** Everything up to this revision has been told: `revision + 1` is where another watch would go on. */
  readonly revision: number
  /** The store's newest revision when the server answered; while a watch catches up, it is ahead of `revision`. */
  readonly storeRevision: number
}

/**
 * What a watch with the option `resync` tells in place of changes whose history was compacted: the whole range as it is
 * at `revision`. The changes after that follow, each once. A key that the reader knows and that is not among `entries`
 * is deleted. It is an event and a batch of its own.
 *
 * @example
 * ```ts
 * import { Etcd, prefix } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const config = new Map<string, string>()
 * for await (const event of etcd.watch(prefix('config/'), { from: 1, resync: true })) {
 *   if (event.type === 'resync') {
 *     config.clear()
 *     for (const { key, value } of event.entries) config.set(key, value)
 *   } else if (event.type === 'put') config.set(event.key, event.value)
 *   else config.delete(event.key)
 * }
 * ```
 */
export interface Resync<V> {
  /** Among events. */
  readonly type: 'resync'
  /** Among batches. */
  readonly kind: 'resync'
  /** Every key of the range as it is at `revision`, in the order of the keys. */
  readonly entries: readonly Entry<V>[]
  /** The changes up to this revision are in `entries`. */
  readonly revision: number
  /** The same: the state is the newest there was when it was read. */
  readonly storeRevision: number
  /** What the store was compacted at; `undefined` if the server did not say. */
  readonly compactRevision: number | undefined
}

/** A change as `JSON.stringify` shows it. */
export interface WatchEventJson<V> {
  readonly type: 'put' | 'delete'
  readonly key?: string
  /** In place of `key`, if that is not UTF-8. */
  readonly keyBase64?: string
  readonly revision: number
  /** Of a put. */
  readonly entry?: EntryJson<V>
  readonly previous?: EntryJson<V>
}

/** Stands in for what etcd always sends; a watch drops events without it. */
const noKeyValue: KeyValue = /* @__PURE__ */ KeyValue.create()

/** An event of the wire, decoded when asked. */
class Change<V> implements AnyChange<V> {
  readonly type: 'put' | 'delete'
  readonly #event: Event
  readonly #scope: EntryScope<V>
  #current: Entry<V> | undefined = undefined
  #previous: Entry<V> | undefined = undefined

  constructor(event: Event, scope: EntryScope<V>) {
    this.type = event.type === EventType.DELETE ? 'delete' : 'put'
    this.#event = event
    this.#scope = scope
  }

  get key(): string {
    return this.#kv.key
  }

  get keyBytes(): Uint8Array {
    return this.#kv.keyBytes
  }

  get revision(): number {
    return this.#event.kv?.modRevision ?? 0
  }

  get created(): boolean {
    const { kv } = this.#event
    return this.type === 'put' && kv !== undefined && kv.createRevision === kv.modRevision
  }

  get entry(): Entry<V> | undefined {
    return this.type === 'put' ? this.#kv : undefined
  }

  get value(): V | undefined {
    return this.entry?.value
  }

  get previous(): Entry<V> | undefined {
    const { prevKv } = this.#event
    if (prevKv !== undefined) this.#previous ??= new Entry(prevKv, this.#scope)
    return this.#previous
  }

  toJSON(): WatchEventJson<V> {
    const { type, revision, previous } = this
    const entry = this.#kv.toJSON()
    return {
      type,
      ...(entry.key === undefined
        ? { keyBase64: encodeBase64(this.keyBytes) }
        : { key: entry.key }),
      revision,
      ...(type === 'put' && { entry }),
      ...(previous !== undefined && { previous: previous.toJSON() }),
    }
  }

  [inspect](): WatchEventJson<V> {
    return this.toJSON()
  }

  get #kv(): Entry<V> {
    this.#current ??= new Entry(this.#event.kv ?? noKeyValue, this.#scope)
    return this.#current
  }
}

/** What callers see of an event of the wire. */
export function watchEvent<V>(event: Event, scope: EntryScope<V>): WatchEvent<V> {
  // The type says which of the fields are there, as the union does.
  return new Change(event, scope) as WatchEvent<V>
}

/** What callers see of a batch of changes. */
export function watchBatch<V>(batch: BufferedEvents, scope: EntryScope<V>): WatchBatch<V> {
  const { kind, revision, storeRevision } = batch
  return {
    kind,
    events: batch.events.map((event) => watchEvent(event, scope)),
    revision,
    storeRevision,
  }
}

/** What callers see of a whole state. */
export function resync<V>(batch: BufferedState, scope: EntryScope<V>): Resync<V> {
  const { kind, revision, storeRevision, compactRevision } = batch
  const entries = batch.kvs.map((kv) => new Entry(kv, scope))
  return { type: kind, kind, entries, revision, storeRevision, compactRevision }
}
