// Prefixed integers (RFC 7541, 5.1).

import { HpackError } from './errors.ts'

/** A place in a header block. */
export interface Cursor {
  bytes: Uint8Array
  position: number
  end: number
}

const maxInteger = 2 ** 31 - 1
const maxContinuationBits = 5 * 7

/**
 * Reads an integer whose first octet gives its low `prefixBits` bits, and moves past it. Throws `HpackError` if it is
 * cut short, larger than 2^31 - 1, or longer than a sender would make such a number.
 */
export function readInteger(cursor: Cursor, prefixBits: number): number {
  const mask = (1 << prefixBits) - 1
  const prefix = readOctet(cursor) & mask
  if (prefix < mask) return prefix
  let value = prefix
  for (let shift = 0; shift < maxContinuationBits; shift += 7) {
    const octet = readOctet(cursor)
    // Not `<<`: the last octets reach past 32 bits.
    value += (octet & 0x7f) * 2 ** shift
    if (value > maxInteger) throw new HpackError('integer larger than 2^31 - 1')
    if (octet < 0x80) return value
  }
  throw new HpackError('integer of more than 5 continuation octets')
}

function readOctet(cursor: Cursor): number {
  if (cursor.position >= cursor.end) throw new HpackError('block ends inside an integer')
  // In bounds: just checked.
  return cursor.bytes[cursor.position++] as number
}

/**
 * Writes `value` to `target` at `position`, the bits of `pattern` above the prefix, and returns the position after it:
 * at most 6 on.
 */
export function writeInteger(
  target: Uint8Array,
  position: number,
  pattern: number,
  prefixBits: number,
  value: number,
): number {
  const mask = (1 << prefixBits) - 1
  let at = position
  if (value < mask) {
    target[at++] = pattern | value
    return at
  }
  target[at++] = pattern | mask
  let rest = value - mask
  while (rest >= 0x80) {
    target[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  target[at++] = rest
  return at
}
