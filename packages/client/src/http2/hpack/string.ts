// String literals (RFC 7541, 5.2): a flag, a length, and octets as they are or Huffman-coded.

import { HpackError } from './errors.ts'
import { decodeHuffman, encodeHuffman, huffmanLength } from './huffman.ts'
import { type Cursor, readInteger, writeInteger } from './integer.ts'
import { decodeLatin1 } from './latin1.ts'

const huffmanFlag = 0x80

/** Reads a string literal and moves past it. */
export function readString(cursor: Cursor): string {
  const { bytes } = cursor
  const flags = bytes[cursor.position] ?? 0
  const length = readInteger(cursor, 7)
  const start = cursor.position
  const end = start + length
  if (end > cursor.end) throw new HpackError('block ends inside a string')
  cursor.position = end
  return (flags & huffmanFlag) !== 0
    ? decodeHuffman(bytes, start, end)
    : decodeLatin1(bytes, start, end)
}

/** Writes `text` to `target` at `position`, whichever way is shorter, and returns the position after it. */
export function writeString(target: Uint8Array, position: number, text: string): number {
  const length = huffmanLength(text)
  if (length < text.length) {
    return encodeHuffman(text, target, writeInteger(target, position, huffmanFlag, 7, length))
  }
  let at = writeInteger(target, position, 0, 7, text.length)
  for (let i = 0; i < text.length; i++) target[at++] = text.charCodeAt(i)
  return at
}
