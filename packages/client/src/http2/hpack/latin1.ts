// Octets to strings, one character each.

/**
 * What `buffer.toString('latin1', start, end)` calls. Node does not document it, but Bun and Deno have it too, and any
 * `Uint8Array` will do as `this`: a third of the time of first making a `Buffer` of it.
 */
const latin1Slice = (
  Buffer.prototype as unknown as {
    latin1Slice(this: Uint8Array, start: number, end: number): string
  }
).latin1Slice

/** Up to here a loop is faster than the call. */
const shortLength = 6

/** The octets `bytes[start, end)` as the characters U+0000 to U+00FF. */
export function decodeLatin1(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > shortLength) return latin1Slice.call(bytes, start, end)
  let text = ''
  for (let i = start; i < end; i++) {
    // In bounds: the caller has checked `end`.
    text += String.fromCharCode(bytes[i] as number)
  }
  return text
}
