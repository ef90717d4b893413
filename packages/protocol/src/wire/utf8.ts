// UTF-8, strict both ways: nothing is replaced silently. Short ASCII never leaves JavaScript.

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Up to this many bytes a plain loop beats the call into the platform. */
const shortText = 8

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
  return decoder.decode(bytes.subarray(start, end))
}
