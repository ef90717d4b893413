// Bytes that were lent, kept.

/** A copy of `bytes[start..end)`. (`slice` would do for a `Uint8Array`; a `Buffer`'s is a view.) */
export function copyBytes(bytes: Uint8Array, start = 0, end: number = bytes.length): Uint8Array {
  return new Uint8Array(bytes.subarray(start, end))
}

/** The pieces as one. A single piece is not copied. */
export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces)
}
