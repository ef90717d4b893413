// 64-bit integers as two 32-bit halves, to and from decimal text, without bigint.

const twoTo32 = 4294967296
const billion = 1e9
const notDecimal = 'not a decimal integer'

/** An integer's two's complement, in unsigned 32-bit halves. */
export interface Halves {
  low: number
  high: number
}

/** The number that the halves of an int64 make. Exact up to 2^53; beyond, never a safe integer. */
export function signedNumber(low: number, high: number): number {
  return (high | 0) * twoTo32 + low
}

/** The number that the halves of a uint64 make. Exact up to 2^53; beyond, never a safe integer. */
export function unsignedNumber(low: number, high: number): number {
  return high * twoTo32 + low
}

/** The decimal text of an int64. */
export function signedText(low: number, high: number): string {
  if (high < 0x80000000) return unsignedText(low, high)
  const negatedLow = -low >>> 0
  return `-${unsignedText(negatedLow, (negatedLow === 0 ? -high : ~high) >>> 0)}`
}

/** The decimal text of a uint64. */
export function unsignedText(low: number, high: number): string {
  if (high < 0x200000) return String(high * twoTo32 + low)
  // Schoolbook division by 10^9 over 16-bit digits: every step stays below 2^53, and is exact.
  const secondQuotient = Math.floor(high / billion)
  const third = (high - secondQuotient * billion) * 65536 + (low >>> 16)
  const thirdQuotient = Math.floor(third / billion)
  const fourth = (third - thirdQuotient * billion) * 65536 + (low & 0xffff)
  const fourthQuotient = Math.floor(fourth / billion)
  const rest = fourth - fourthQuotient * billion
  const quotient = (secondQuotient * 65536 + thirdQuotient) * 65536 + fourthQuotient
  return `${quotient}${String(rest).padStart(9, '0')}`
}

/**
 * Reads decimal text into `halves`.
 *
 * Returns what is wrong with it, or `undefined`: the caller knows which field to blame.
 */
export function parseHalves(text: string, signed: boolean, halves: Halves): string | undefined {
  const negative = text.charCodeAt(0) === 0x2d
  const start = negative ? 1 : 0
  const digits = text.length - start
  if (digits === 0 || digits > 20) return digits === 0 ? notDecimal : tooFar(text, start, signed)
  const middle = Math.max(start, text.length - 9)
  const upper = digitsToNumber(text, start, middle)
  const lower = digitsToNumber(text, middle, text.length)
  // `!(…)` because either may be NaN.
  if (!(upper >= 0 && lower >= 0)) return notDecimal
  // upper * 10^9 + lower, in two steps of less than 2^53 each: upper is below 10^11.
  // Bitwise operators take a number modulo 2^32, whatever its size; `%` would cost more than all the rest.
  const low48 = (upper & 0xffff) * billion + lower
  const high48 = Math.floor(upper / 65536) * billion
  const low = (low48 >>> 0) + (high48 & 0xffff) * 65536
  const high = Math.floor(low48 / twoTo32) + Math.floor(high48 / 65536) + Math.floor(low / twoTo32)
  return setHalves(halves, low >>> 0, high, negative, signed)
}

/** The number that some digits make, NaN if they are none. */
function digitsToNumber(text: string, start: number, end: number): number {
  let number = 0
  for (let index = start; index < end; index++) {
    const digit = text.charCodeAt(index) - 0x30
    if (digit < 0 || digit > 9) return Number.NaN
    number = number * 10 + digit
  }
  return number
}

/** Sets `halves` to the two's complement of a magnitude and its sign, if the type has it. */
function setHalves(
  halves: Halves,
  low: number,
  high: number,
  negative: boolean,
  signed: boolean,
): string | undefined {
  const least = high === 0x80000000 && low === 0
  if (signed ? high >= 0x80000000 && !(negative && least) : high >= twoTo32) {
    return outOfRange(signed)
  }
  if (!signed && negative && (low !== 0 || high !== 0)) return outOfRange(signed)
  halves.low = negative ? -low >>> 0 : low
  halves.high = negative ? (low === 0 ? -high : ~high) >>> 0 : high
  return undefined
}

/** What is wrong with text of more digits than any 64-bit integer has. */
function tooFar(text: string, start: number, signed: boolean): string {
  return /^\d+$/.test(text.slice(start)) ? outOfRange(signed) : notDecimal
}

/** The error for writing decimal text that `parseHalves` has a problem with. */
export function notInteger(value: string, problem: string, field: string): Error {
  const message = `Cannot encode ${field}: ${JSON.stringify(value)} is ${problem}`
  return problem.startsWith('not') ? new TypeError(message) : new RangeError(message)
}

function outOfRange(signed: boolean): string {
  return signed ? 'out of range of int64' : 'out of range of uint64'
}

const memoSize = 64

/**
 * Decimal texts already made, by their halves.
 *
 * Every answer of a cluster repeats its ids, so a small direct-mapped table spares nearly all conversions.
 */
export class DecimalMemo {
  readonly #lows = new Uint32Array(memoSize)
  readonly #highs = new Uint32Array(memoSize)
  readonly #texts: string[] = new Array(memoSize).fill('0')
  readonly #make: (low: number, high: number) => string

  constructor(make: (low: number, high: number) => string) {
    this.#make = make
  }

  text(low: number, high: number): string {
    const slot = (low ^ (low >>> 13) ^ high ^ (high >>> 7)) & (memoSize - 1)
    if (this.#lows[slot] === low && this.#highs[slot] === high) return this.#texts[slot] as string
    const text = this.#make(low, high)
    this.#lows[slot] = low
    this.#highs[slot] = high
    this.#texts[slot] = text
    return text
  }
}
