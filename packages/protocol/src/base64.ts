// Base64 for every runtime: etcd's gateway carries all bytes in it.

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const padding = 0x3d

/** The code of each character of the alphabet. */
const codes: Uint8Array = /* @__PURE__ */ Uint8Array.from(alphabet, (character) =>
  character.charCodeAt(0),
)

/** Six bits for each character of either alphabet; 64 for all others. */
const sixBits: Uint8Array = /* @__PURE__ */ makeSixBits()

const decoder = /* @__PURE__ */ new TextDecoder()

/** Where characters are put together, for as long as `encodeBase64` runs. */
let scratch: Uint8Array = /* @__PURE__ */ new Uint8Array(1024)

/** Beyond this many characters the scratch is not kept. */
const keptScratch = 65536

function makeSixBits(): Uint8Array {
  const table = new Uint8Array(256).fill(64)
  for (let bits = 0; bits < 64; bits++) table[alphabet.charCodeAt(bits)] = bits
  table[0x2d] = 62
  table[0x5f] = 63
  return table
}

/** The standard base64 form of `bytes` (RFC 4648 section 4), padded. */
export function encodeBase64(bytes: Uint8Array): string {
  const length = Math.ceil(bytes.length / 3) * 4
  const into = length <= scratch.length ? scratch : new Uint8Array(length)
  if (length <= keptScratch) scratch = into
  const rest = bytes.length % 3
  const whole = bytes.length - rest
  let at = 0
  for (let index = 0; index < whole; index += 3) {
    const first = bytes[index] as number
    const second = bytes[index + 1] as number
    const third = bytes[index + 2] as number
    into[at] = codes[first >> 2] as number
    into[at + 1] = codes[((first & 3) << 4) | (second >> 4)] as number
    into[at + 2] = codes[((second & 15) << 2) | (third >> 6)] as number
    into[at + 3] = codes[third & 63] as number
    at += 4
  }
  if (rest > 0) encodeRest(into, at, bytes[whole] as number, bytes[whole + 1])
  return decoder.decode(into.subarray(0, length))
}

/** The last one or two bytes, with padding. */
function encodeRest(into: Uint8Array, at: number, first: number, second: number | undefined): void {
  into[at] = codes[first >> 2] as number
  into[at + 1] = codes[((first & 3) << 4) | ((second ?? 0) >> 4)] as number
  into[at + 2] = second === undefined ? padding : (codes[(second & 15) << 2] as number)
  into[at + 3] = padding
}

/**
 * The bytes of base64 `text`, standard or URL-safe (RFC 4648 sections 4 and 5), padded or not.
 *
 * Returns `undefined` if it is neither. Bits that the last character has too many are ignored.
 */
export function decodeBase64(text: string): Uint8Array | undefined {
  const length = lengthWithoutPadding(text)
  const rest = length % 4
  if (rest === 1) return undefined
  const bytes = new Uint8Array(Math.floor((length * 3) / 4))
  const whole = length - rest
  let wrong = 0
  let at = 0
  for (let index = 0; index < whole; index += 4) {
    const first = bitsAt(text, index)
    const second = bitsAt(text, index + 1)
    const third = bitsAt(text, index + 2)
    const fourth = bitsAt(text, index + 3)
    wrong |= first | second | third | fourth
    bytes[at] = (first << 2) | (second >> 4)
    bytes[at + 1] = (second << 4) | (third >> 2)
    bytes[at + 2] = (third << 6) | fourth
    at += 3
  }
  if (rest > 0) wrong |= decodeRest(text, whole, rest, bytes, at)
  return (wrong & 64) === 0 ? bytes : undefined
}

/** The last two or three characters; returns their bits, to be looked at for wrong ones. */
function decodeRest(
  text: string,
  index: number,
  rest: number,
  bytes: Uint8Array,
  at: number,
): number {
  const first = bitsAt(text, index)
  const second = bitsAt(text, index + 1)
  bytes[at] = (first << 2) | (second >> 4)
  if (rest === 2) return first | second
  const third = bitsAt(text, index + 2)
  bytes[at + 1] = (second << 4) | (third >> 2)
  return first | second | third
}

function bitsAt(text: string, index: number): number {
  return sixBits[text.charCodeAt(index)] ?? 64
}

function lengthWithoutPadding(text: string): number {
  const length = text.length
  if (length % 4 !== 0 || text.charCodeAt(length - 1) !== padding) return length
  return text.charCodeAt(length - 2) === padding ? length - 2 : length - 1
}
