// Shorthands for the tests of HPACK: blocks as hex, lists as pairs.

import type { HeaderList, HpackDecoder } from '../../../src/http2/hpack/decoder.ts'

/** A field as tests write it. */
export type Pair = readonly [name: string, value: string]

/** The bytes of a hex dump; spaces are for the reader. */
export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

export function decodeAll(decoder: HpackDecoder, block: Uint8Array): HeaderList {
  return decoder.decode(block, 0, block.length)
}

export function toPairs(list: HeaderList): Pair[] {
  return [...list].map(({ name, value }) => [name, value])
}

/** Decodes a whole block to pairs. */
export function decodePairs(decoder: HpackDecoder, block: Uint8Array): Pair[] {
  return toPairs(decodeAll(decoder, block))
}
