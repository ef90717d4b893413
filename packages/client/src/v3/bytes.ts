// Small work on bytes: telling them apart, joining them, and turning short text into them quickly.

import { decodeUtf8, encodeUtf8 } from '@etcdkit/protocol'

export const noBytes: Uint8Array = /* @__PURE__ */ new Uint8Array(0)

/** The smallest key there is; as a range's end on the wire it means "no end". */
export const zeroByte: Uint8Array = /* @__PURE__ */ new Uint8Array(1)

/** Up to this many characters a plain loop beats the call into the platform. */
const shortText = 48

/** Whether `value` is a `Uint8Array`, of this realm or another. */
export function isBytes(value: unknown): value is Uint8Array {
  return (
    value instanceof Uint8Array || Object.prototype.toString.call(value) === '[object Uint8Array]'
  )
}

/** The UTF-8 form of `text`; throws `TypeError` if half a surrogate pair is in it. */
export function textToBytes(text: string): Uint8Array {
  const length = text.length
  if (length > shortText) return encodeText(text)
  const bytes = new Uint8Array(length)
  for (let index = 0; index < length; index++) {
    const unit = text.charCodeAt(index)
    if (unit >= 0x80) return encodeText(text)
    bytes[index] = unit
  }
  return bytes
}

function encodeText(text: string): Uint8Array {
  try {
    return encodeUtf8(text)
  } catch {
    throw new TypeError('it has half a surrogate pair, which UTF-8 cannot carry')
  }
}

/** A copy. (`slice` is one of a `Uint8Array`, and a view of a `Buffer`.) */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}

/** `head` followed by `tail`, in bytes of their own. */
export function concatBytes(head: Uint8Array, tail: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(head.length + tail.length)
  bytes.set(head)
  bytes.set(tail, head.length)
  return bytes
}

/** Whether both hold the same bytes. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false
  for (let index = 0; index < left.length; index++) {
    if (left[index] !== right[index]) return false
  }
  return true
}

/** `bytes` as a person may read them: quoted text if they are text, else hexadecimal; cut when long. */
export function quoteBytes(bytes: Uint8Array): string {
  try {
    return quoteText(decodeUtf8(bytes))
  } catch {
    const shown = bytes.subarray(0, maxQuoted / 2)
    const digits = Array.from(shown, (byte) => byte.toString(16).padStart(2, '0')).join('')
    return `0x${digits}${shown.length < bytes.length ? '…' : ''}`
  }
}

/** `text` quoted; cut when long. */
export function quoteText(text: string): string {
  return text.length > maxQuoted
    ? `${JSON.stringify(text.slice(0, maxQuoted))}…`
    : JSON.stringify(text)
}

const maxQuoted = 128
