// Ranges of keys as values.

import { copyBytes, equalBytes, noBytes, quoteBytes, zeroByte } from './bytes.ts'
import { type Key, type KeyRange, keyPartToBytes } from './key.ts'

/**
 * All keys that begin with `start`; with the empty prefix, all keys.
 *
 * @example
 * ```ts
 * import { Etcd, prefix } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const { entries } = await etcd.list(prefix('config/'))
 * ```
 */
export function prefix(start: Key): KeyRange {
  const bytes = ownPart('prefix', start)
  return { kind: 'range', start: bytes, end: prefixEnd(bytes) }
}

/**
 * All keys from `start` (inclusive) to `end` (exclusive), byte by byte. An `end` at or before `start` makes a range
 * without keys.
 *
 * Throws `RangeError` for an `end` before which there is no key, empty or one zero byte: on the wire those mean a
 * single key and no end at all.
 *
 * @example
 * ```ts
 * import { Etcd, range } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const { entries } = await etcd.list(range('users/a', 'users/n'))
 * ```
 */
export function range(start: Key, end: Key): KeyRange {
  const first = ownPart('range', start)
  const last = ownPart('range', end)
  if (last.length === 0 || equalBytes(last, zeroByte)) {
    throw new RangeError(
      'Cannot build a range: no key comes before its end; from(start) has no end',
    )
  }
  return { kind: 'range', start: first, end: last }
}

/**
 * All keys from `start` (inclusive) on.
 *
 * @example
 * ```ts
 * import { Etcd, from } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const { entries } = await etcd.list(from('m'), { limit: 10 })
 * ```
 */
export function from(start: Key): KeyRange {
  return { kind: 'range', start: ownPart('from', start), end: undefined }
}

/**
 * All keys; of a keyspace, all of its keys.
 *
 * @example
 * ```ts
 * import { Etcd, everything } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * await etcd.count(everything)
 * ```
 */
export const everything: KeyRange = { kind: 'range', start: noBytes, end: undefined }

/**
 * Where the keys that begin with `start` end: `start` with its last byte below 0xff raised by one, and what follows
 * cut off; `undefined` if there is no such byte.
 *
 * Source: etcd `client/v3/op.go`, `GetPrefixRangeEnd`.
 */
export function prefixEnd(start: Uint8Array): Uint8Array | undefined {
  for (let index = start.length - 1; index >= 0; index--) {
    const byte = start[index] ?? 0xff
    if (byte === 0xff) continue
    const end = copyBytes(start.subarray(0, index + 1))
    end[index] = byte + 1
    return end
  }
  return undefined
}

/** What `target` is called in messages. */
export function describeRange({ start, end }: KeyRange): string {
  if (end === undefined) return start.length === 0 ? 'all keys' : `from ${quoteBytes(start)}`
  const endOfPrefix = prefixEnd(start)
  if (endOfPrefix !== undefined && equalBytes(endOfPrefix, end)) {
    return `prefix ${quoteBytes(start)}`
  }
  return `range ${quoteBytes(start)} to ${quoteBytes(end)}`
}

// A range may be kept and used later, so its bytes are its own.
function ownPart(name: string, part: Key): Uint8Array {
  try {
    const bytes = keyPartToBytes(part)
    return typeof part === 'string' ? bytes : copyBytes(bytes)
  } catch (cause) {
    const fact = cause instanceof Error ? cause.message : String(cause)
    throw new TypeError(`Cannot build a range with ${name}: ${fact}`, { cause })
  }
}
