// Huffman-coded string data (RFC 7541, 5.2), to and from characters U+0000 to U+00FF.
// Array reads are cast to `number` because their indices are in bounds by construction.

import { HpackError } from './errors.ts'
import { codeLengths, codes, END_OF_STRING } from './huffman-code.ts'
import { decodeLatin1 } from './latin1.ts'

/** The octets `encodeHuffman` needs for `text`. */
export function huffmanLength(text: string): number {
  let bits = 0
  for (let i = 0; i < text.length; i++) bits += codeLengths[text.charCodeAt(i)] as number
  return Math.ceil(bits / 8)
}

/** Writes the code of `text` to `target` at `position` and returns the position after it. */
export function encodeHuffman(text: string, target: Uint8Array, position: number): number {
  let bits = 0
  let count = 0
  let at = position
  for (let i = 0; i < text.length; i++) {
    const symbol = text.charCodeAt(i)
    const code = codes[symbol] as number
    let length = codeLengths[symbol] as number
    while (length > 0) {
      // Up to 7 bits are waiting, so of the 32 there is room for 25: a longer code goes in by two parts.
      const take = length > 25 ? 15 : length
      length -= take
      bits = (bits << take) | ((code >>> length) & ((1 << take) - 1))
      count += take
      while (count >= 8) {
        count -= 8
        target[at++] = bits >>> count
      }
    }
  }
  // Padding is the start of END_OF_STRING: ones.
  if (count > 0) target[at++] = (bits << (8 - count)) | (0xff >>> count)
  return at
}

// The decoder is a state machine that takes four bits at a time. A state is an inner node of the code tree, of which
// there are 256; no code is shorter than five bits, so a step passes one leaf at most.
// A step: bits 0-7 the next state, 8-15 the symbol, then these flags.
const emits = 1 << 16
const endsString = 1 << 17

/** What decoding needs: 3 ms to build, so only when there is something to decode. */
interface DecodingTables {
  readonly steps: Uint32Array
  readonly mayEnd: Uint8Array
}

let tables: DecodingTables | undefined

function decodingTables(): DecodingTables {
  const tree = buildTree()
  return { steps: buildSteps(tree), mayEnd: buildMayEnd(tree) }
}

/** The children of node n at 2n (bit 0) and 2n + 1 (bit 1): a node, or the complement of a symbol. */
function buildTree(): Int16Array {
  const children = new Int16Array(512)
  let nodes = 1
  for (let symbol = 0; symbol <= END_OF_STRING; symbol++) {
    const code = codes[symbol] as number
    let node = 0
    for (let bit = (codeLengths[symbol] as number) - 1; bit > 0; bit--) {
      const edge = 2 * node + ((code >>> bit) & 1)
      // No edge leads back to the root, so 0 is an edge not yet made.
      if (children[edge] === 0) children[edge] = nodes++
      node = children[edge] as number
    }
    children[2 * node + (code & 1)] = ~symbol
  }
  return children
}

function buildSteps(children: Int16Array): Uint32Array {
  const result = new Uint32Array(256 * 16)
  for (let index = 0; index < result.length; index++) {
    let node = index >>> 4
    let flags = 0
    for (let bit = 3; bit >= 0; bit--) {
      node = children[2 * node + ((index >>> bit) & 1)] as number
      if (node >= 0) continue
      flags = ~node === END_OF_STRING ? endsString : emits | (~node << 8)
      node = 0
    }
    result[index] = flags | node
  }
  return result
}

/** Marks the nodes where a string may end: none to seven bits into a code, all of them ones. */
function buildMayEnd(children: Int16Array): Uint8Array {
  const result = new Uint8Array(256)
  for (let node = 0, bits = 0; bits <= 7; bits++) {
    result[node] = 1
    node = children[2 * node + 1] as number
  }
  return result
}

/** Input is decoded in parts, so that the scratch space is bounded; each octet gives 8/5 characters at most. */
const partLength = 2048
const scratch = new Uint8Array(partLength * 2)

/** Decodes `bytes[start, end)`. Throws `HpackError` on END_OF_STRING and on padding of more than 7 bits or not of ones. */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number): string {
  tables ??= decodingTables()
  const { steps, mayEnd } = tables
  let text = ''
  let state = 0
  let seen = 0
  for (let part = start; part < end; part += partLength) {
    const partEnd = Math.min(end, part + partLength)
    let length = 0
    for (let i = part; i < partEnd; i++) {
      const octet = bytes[i] as number
      const high = steps[(state << 4) | (octet >>> 4)] as number
      if ((high & emits) !== 0) scratch[length++] = high >>> 8
      const low = steps[((high & 0xff) << 4) | (octet & 0xf)] as number
      if ((low & emits) !== 0) scratch[length++] = low >>> 8
      state = low & 0xff
      seen |= high | low
    }
    text += decodeLatin1(scratch, 0, length)
  }
  if ((seen & endsString) !== 0)
    throw new HpackError('Huffman string with the end-of-string symbol')
  if (mayEnd[state] !== 1) throw new HpackError('Huffman string with bad padding')
  return text
}
