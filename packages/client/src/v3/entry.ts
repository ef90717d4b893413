// A key with its value, as it was at some revision.

import { decodeUtf8, EtcdError, encodeBase64, type KeyValue, KeyValueView } from '@etcdkit/protocol'
import { isBytes, quoteBytes } from './bytes.ts'
import { type Codec, text } from './codec.ts'
import { messageOf } from './failure.ts'
import { inspect } from './inspect.ts'

/** Stands for a value that nobody has asked for. */
const unread: unique symbol = /* @__PURE__ */ Symbol('unread')

/** What entries of one keyspace have in common. */
export interface EntryScope<V> {
  readonly codec: Codec<V, never>
  /** Bytes that keys have before what callers see of them. */
  readonly prefixLength: number
}

/**
 * A key with its value, as it was at some revision. Key and value are decoded when first asked for.
 *
 * The bytes are views on the server's answer, which lives as long as any of its entries: to keep a little of a large
 * answer, keep the decoded values.
 *
 * @example
 * ```ts
 * import { Etcd, type Entry } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const entry: Entry<string> | undefined = await etcd.get('config/port')
 * console.log(entry?.value, entry?.modRevision)
 * ```
 */
export class Entry<V> {
  // What `console.log` shows. As a method it would need a computed name, which declarations cannot have.
  static {
    Object.defineProperty(Entry.prototype, inspect, {
      value(this: Entry<unknown>): EntryJson<unknown> {
        return this.toJSON()
      },
    })
  }

  readonly #kv: KeyValue
  readonly #scope: EntryScope<V>
  #key: string | undefined = undefined
  #value: V | typeof unread = unread

  /** @internal */
  constructor(kv: KeyValue, scope: EntryScope<V>) {
    this.#kv = kv
    this.#scope = scope
  }

  /** The key as text. Throws an `EtcdError` (`decode-failed`) if it is not UTF-8: see `keyBytes`. */
  get key(): string {
    this.#key ??= this.#decodeKey()
    return this.#key
  }

  /** The key. */
  get keyBytes(): Uint8Array {
    const { prefixLength } = this.#scope
    const { key } = this.#kv
    return prefixLength === 0 ? key : key.subarray(prefixLength)
  }

  /**
   * The value, decoded by the keyspace's codec once. Throws an `EtcdError` (`decode-failed`) naming the key if the
   * codec cannot: see `valueBytes`.
   */
  get value(): V {
    if (this.#value === unread) this.#value = this.#decodeValue()
    return this.#value
  }

  /** The value as it is stored. */
  get valueBytes(): Uint8Array {
    return this.#kv.value
  }

  /** Revision at which the key came into being; a delete and a new put start over. */
  get createRevision(): number {
    return this.#kv.createRevision
  }

  /** Revision of the last change. */
  get modRevision(): number {
    return this.#kv.modRevision
  }

  /** Number of puts since the key came into being: 1 after the first. */
  get version(): number {
    return this.#kv.version
  }

  /** Id of the lease the key is attached to, as a decimal string. */
  get lease(): string | undefined {
    const { lease } = this.#kv
    return lease === '0' ? undefined : lease
  }

  /** What `JSON.stringify` shows. Bytes that cannot be decoded are shown as base64. */
  toJSON(): EntryJson<V> {
    const { createRevision, modRevision, version, lease } = this
    const facts = { createRevision, modRevision, version, ...(lease !== undefined && { lease }) }
    return { ...this.#keyJson(), ...this.#valueJson(), ...facts }
  }

  #keyJson(): Pick<EntryJson<V>, 'key' | 'keyBase64'> {
    try {
      return { key: this.key }
    } catch {
      return { keyBase64: encodeBase64(this.keyBytes) }
    }
  }

  #valueJson(): Pick<EntryJson<V>, 'value' | 'valueBase64'> {
    try {
      const { value } = this
      if (!isBytes(value)) return { value }
    } catch {
      // Shown as bytes, as it would be if it were meant to be bytes.
    }
    return { valueBase64: encodeBase64(this.valueBytes) }
  }

  #decodeKey(): string {
    const kv = this.#kv
    try {
      return kv instanceof KeyValueView
        ? kv.keyText(this.#scope.prefixLength)
        : decodeUtf8(this.keyBytes)
    } catch {
      return decodeKey(this.keyBytes)
    }
  }

  #decodeValue(): V {
    const kv = this.#kv
    const { codec } = this.#scope
    try {
      // What the codec of text would read, without an array for the bytes.
      if (kv instanceof KeyValueView && (codec as unknown) === text) return kv.valueText() as V
      return codec.decode(kv.value)
    } catch (cause) {
      const key = quoteBytes(this.keyBytes)
      throw new EtcdError(`Cannot decode the value of ${key}: ${messageOf(cause)}`, {
        code: 'decode-failed',
        cause,
      })
    }
  }
}

/** An entry as `JSON.stringify` shows it. */
export interface EntryJson<V> {
  readonly key?: string
  /** In place of `key`, if that is not UTF-8. */
  readonly keyBase64?: string
  readonly value?: V
  /** In place of `value`, if that is bytes or cannot be decoded. */
  readonly valueBase64?: string
  readonly createRevision: number
  readonly modRevision: number
  readonly version: number
  readonly lease?: string
}

/** The text of a key. Throws an `EtcdError` (`decode-failed`) if it is none. */
export function decodeKey(key: Uint8Array): string {
  try {
    return decodeUtf8(key)
  } catch (cause) {
    throw new EtcdError(`Cannot decode the key ${quoteBytes(key)}: not UTF-8, see keyBytes`, {
      code: 'decode-failed',
      cause,
    })
  }
}
