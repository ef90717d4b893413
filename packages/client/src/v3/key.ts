// Keys and ranges of keys as callers give them.

import { isBytes, textToBytes } from './bytes.ts'

/**
 * A key: text, or any bytes. Never empty.
 *
 * Bytes given to a call are not copied: leave them alone until the call has ended.
 *
 * @example
 * ```ts
 * import { Etcd, type Key } from 'etcdkit'
 *
 * const key: Key = new Uint8Array([1, 2, 3])
 * await using etcd = new Etcd()
 * await etcd.get(key)
 * ```
 */
export type Key = string | Uint8Array

/**
 * All keys from `start` (inclusive) to `end` (exclusive), byte by byte. Made by `prefix`, `range`, `from` and
 * `everything`.
 *
 * @example
 * ```ts
 * import { Etcd, type KeyRange, prefix } from 'etcdkit'
 *
 * const configuration: KeyRange = prefix('config/')
 * await using etcd = new Etcd()
 * await etcd.list(configuration)
 * ```
 */
export interface KeyRange {
  readonly kind: 'range'
  /** The first key; empty for the very first there is. */
  readonly start: Uint8Array
  /** Where the range ends; `undefined` for no end. */
  readonly end: Uint8Array | undefined
}

/** Whether `value` is a range, and not a key. */
export function isRange(value: unknown): value is KeyRange {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'range'
}

/** The bytes of a key. Throws `TypeError` for what is none. */
export function keyToBytes(key: Key): Uint8Array {
  const bytes = keyPartToBytes(key)
  if (bytes.length === 0) throw new TypeError('the key is empty')
  return bytes
}

/** The bytes of what keys may begin or end with: as a key, or empty. */
export function keyPartToBytes(key: Key): Uint8Array {
  if (typeof key === 'string') return textToBytes(key)
  if (isBytes(key)) return key
  if (isRange(key)) throw new TypeError('a range is given where a single key is wanted')
  throw new TypeError(`a key is a string or a Uint8Array, not ${typeName(key)}`)
}

/** The type of a value, for messages. */
export function typeName(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : typeof value
}
