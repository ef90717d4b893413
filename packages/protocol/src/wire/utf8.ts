// UTF-8, strict both ways: nothing is replaced silently. Short ASCII never leaves JavaScript.

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Up to this many bytes a plain loop beats the call into the platform. */
const shortText = 8

/** Node's way: without a view of the part to read, and quicker for it. Replaces what is not UTF-8. */
const sliceUtf8: ((this: Uint8Array, start: number, end: number) => string) | undefined =
  /* @__PURE__ */ findSlice()
const replacement = '\ufffd'

/** Matches half a surrogate pair, which UTF-8 cannot carry. */
const loneSurrogate = /\p{Surrogate}/u

/**
 * The UTF-8 form of `text`.
 *
 * Throws `TypeError` if half a surrogate pair is in it.
 */
export function encodeUtf8(text: string): Uint8Array {
  if (loneSurrogate.test(text))
    throw new TypeError('Cannot encode text: it has half a surrogate pair')
  return encoder.encode(text)
}

/**
 * The text of UTF-8 `bytes` from `start` (inclusive) to `end` (exclusive).
 *
 * Throws `TypeError` if they are not UTF-8.
 */
export function decodeUtf8(bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  if (end - start <= shortText) {
    let text = ''
    let index = start
    for (; index < end; index++) {
      const byte = bytes[index] as number
      if (byte >= 0x80) break
      text += String.fromCharCode(byte)
    }
    if (index >= end) return text
  }
  if (sliceUtf8 !== undefined) {
    const text = sliceUtf8.call(bytes, start, end)
    // Else it may be there by right.
    if (!text.includes(replacement)) return text
  }
  return decoder.decode(bytes.subarray(start, end))
}

// Not documented, and there since Node 1; without it, all goes by the decoder.
function findSlice(): typeof sliceUtf8 {
  const { Buffer } = globalThis as { Buffer?: { prototype: { utf8Slice?: typeof sliceUtf8 } } }
  return Buffer?.prototype?.utf8Slice
}
