// Bytes that were lent, kept.

/** A copy of `bytes[start..end)`. (`slice` would do for a `Uint8Array`; a `Buffer`'s is a view.) */
export function copyBytes(bytes: Uint8Array, start = 0, end: number = bytes.length): Uint8Array {
  return new Uint8Array(bytes.subarray(start, end))
}
