// What tells a keyspace's callers from the wire: the prefix its keys have there, and the codec of its values.

import { concatBytes, noBytes, zeroByte } from './bytes.ts'
import type { Codec } from './codec.ts'
import type { EntryScope } from './entry.ts'
import { messageOf } from './failure.ts'
import { isRange, type Key, type KeyRange, keyPartToBytes, keyToBytes } from './key.ts'
import { prefixEnd } from './range.ts'

/** A key or range as the wire has it. */
export interface Span {
  readonly key: Uint8Array
  /** Empty: the key alone; one zero byte: no end. */
  readonly rangeEnd: Uint8Array
}

/** Translates between a keyspace's callers and the wire. */
export class Scope<V, W> implements EntryScope<V> {
  readonly prefix: Uint8Array
  readonly prefixLength: number
  readonly codec: Codec<V, W>
  /** Where the keys of the prefix end on the wire. */
  readonly #end: Uint8Array

  constructor(prefix: Uint8Array, codec: Codec<V, W>) {
    this.prefix = prefix
    this.prefixLength = prefix.length
    this.codec = codec
    this.#end = prefixEnd(prefix) ?? zeroByte
  }

  /** A scope within this one. */
  within<V2, W2>(prefix: Key, codec: Codec<V2, W2>): Scope<V2, W2> {
    return new Scope(concatBytes(this.prefix, keyPartToBytes(prefix)), codec)
  }

  /** A key on the wire. */
  key(key: Key): Uint8Array {
    const bytes = keyToBytes(key)
    return this.prefixLength === 0 ? bytes : concatBytes(this.prefix, bytes)
  }

  /** A key or range on the wire. It never reaches beyond the prefix. */
  span(target: Key | KeyRange): Span {
    return isRange(target) ? this.#range(target) : { key: this.key(target), rangeEnd: noBytes }
  }

  /** A value on the wire. Throws `TypeError` if the codec refuses it. */
  encode(value: W): Uint8Array {
    try {
      return this.codec.encode(value)
    } catch (cause) {
      throw new TypeError(`the codec refuses the value: ${messageOf(cause)}`, { cause })
    }
  }

  #range({ start, end }: KeyRange): Span {
    const { prefix } = this
    if (prefix.length === 0) {
      // On the wire no key is empty: the very first is one zero byte.
      return { key: start.length === 0 ? zeroByte : start, rangeEnd: end ?? zeroByte }
    }
    return {
      key: concatBytes(prefix, start),
      rangeEnd: end === undefined ? this.#end : concatBytes(prefix, end),
    }
  }
}

/** The scope of entries that come without values. */
export function keysScope({ prefixLength }: EntryScope<unknown>): EntryScope<undefined> {
  return { prefixLength, codec: noValue }
}

const noValue: Codec<undefined, never> = {
  encode: () => noBytes,
  decode: () => undefined,
}
