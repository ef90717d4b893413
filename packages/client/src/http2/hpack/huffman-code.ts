// The Huffman code of HPACK (RFC 7541, 5.2 and appendix B).

/** The symbol that may only ever appear as padding. */
export const END_OF_STRING = 256

/** How many bits the code of each symbol has; `END_OF_STRING` is the last. */
export const codeLengths: Uint8Array = Uint8Array.of(
  ...[13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28],
  ...[28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28],
  ...[6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6],
  ...[5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10],
  ...[13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7],
  ...[7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6],
  ...[15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5],
  ...[6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28],
  ...[20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23],
  ...[24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24],
  ...[22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23],
  ...[21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23],
  ...[26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25],
  ...[19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27],
  ...[20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23],
  ...[26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26],
  30,
)

/** The code of each symbol, in the low bits. */
export const codes: Uint32Array = canonicalCodes(codeLengths)

/** The code is canonical: in order of length and then of symbol, each code is the one before it plus one. */
function canonicalCodes(lengths: Uint8Array): Uint32Array {
  const result = new Uint32Array(lengths.length)
  // By length: first how many codes there are, then the next one to give.
  const next = new Array<number>(31).fill(0)
  for (const bits of lengths) next[bits] = (next[bits] ?? 0) + 1
  let code = 0
  for (const [bits, count] of next.entries()) {
    next[bits] = code
    code = (code + count) * 2
  }
  for (const [symbol, bits] of lengths.entries()) {
    const given = next[bits] ?? 0
    result[symbol] = given
    next[bits] = given + 1
  }
  return result
}
