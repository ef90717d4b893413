// The order of keys: byte by byte.

import type { KeyRange } from '../v3/key.ts'

/** Below 0, 0 or above 0, as `a` comes before `b`, is the same, or comes after it. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Whether a key is one of a range's. */
export function isInRange(key: Uint8Array, { start, end }: KeyRange): boolean {
  return compareBytes(start, key) <= 0 && (end === undefined || compareBytes(key, end) < 0)
}

/** Bytes at a time, so that a long key does not become too many arguments. */
const pieceBytes = 4096

/** A key as a text with a character for each byte: one for each key, and in the order of keys. */
export function keyText(key: Uint8Array): string {
  if (key.length <= pieceBytes) return String.fromCharCode(...key)
  let text = ''
  for (let start = 0; start < key.length; start += pieceBytes) {
    text += String.fromCharCode(...key.subarray(start, start + pieceBytes))
  }
  return text
}
