// Writes protobuf's binary form, field by field. Generated code drives it; it knows no message.

import { isBytes } from './bytes.ts'
import { type Halves, notInteger, parseHalves } from './int64.ts'
import { maxDepth } from './reader.ts'
import { encodeUtf8 } from './utf8.ts'

const twoTo32 = 4294967296

/** Up to this many bytes a plain loop beats `Uint8Array.set`. */
const shortCopy = 12

/** Up to this many characters of ASCII a plain loop beats `TextEncoder`. */
const shortText = 48

/**
 * Bytes that grow as they are written, and can be used again.
 *
 * The methods for fields take the tag (`number << 3 | wire type`), the value, and the field's full name for the
 * `TypeError` or `RangeError` they throw on a value the field cannot carry. Those without `Always` write nothing for
 * the default value, as proto3 has it. After an error the bytes end somewhere in the middle: `reset` to where they
 * were.
 */
export class Writer {
  #bytes: Uint8Array
  #length = 0
  #depth = 0
  /** What `#lastText` parses to. */
  readonly #halves: Halves = { low: 0, high: 0 }
  #lastText: string | undefined
  #lastSigned = false

  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity)
  }

  /** Number of bytes written. */
  get length(): number {
    return this.#length
  }

  /** Number of bytes there is room for without growing. */
  get capacity(): number {
    return this.#bytes.length
  }

  /** What is written, as a view: good until the next write or `reset`. */
  view(): Uint8Array {
    return new Uint8Array(this.#bytes.buffer, 0, this.#length)
  }

  /** What is written, as bytes of their own. */
  copy(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  /** Forgets what was written after the first `length` bytes. */
  reset(length = 0): void {
    if (!(length <= this.#length))
      throw new RangeError(`Cannot reset to ${length} bytes: past the end`)
    this.#length = length
    this.#depth = 0
  }

  /** Appends `count` zero bytes, to be filled in later through `view`; returns the offset of the first. */
  skip(count: number): number {
    const start = this.#room(count)
    this.#bytes.fill(0, start, start + count)
    this.#length = start + count
    return start
  }

  /** Appends bytes as they are. */
  raw(value: Uint8Array): void {
    const start = this.#room(value.length)
    this.#copyIn(value, start)
  }

  /** A bytes field. */
  bytes(tag: number, value: Uint8Array, field: string): void {
    if (value?.length === 0 && isBytes(value)) return
    this.bytesAlways(tag, value, field)
  }

  /** As `bytes`, the empty value too. */
  bytesAlways(tag: number, value: Uint8Array, field: string): void {
    if (!isBytes(value)) throw wrongType(value, field, 'a Uint8Array')
    this.#varint(tag)
    this.#varint(value.length)
    this.#copyIn(value, this.#room(value.length))
  }

  /** A string field. */
  string(tag: number, value: string, field: string): void {
    if (value === '') return
    this.stringAlways(tag, value, field)
  }

  /** As `string`, the empty value too. */
  stringAlways(tag: number, value: string, field: string): void {
    if (typeof value !== 'string') throw wrongType(value, field, 'a string')
    this.#varint(tag)
    if (value.length > shortText || !this.#ascii(value)) {
      const encoded = utf8(value, field)
      this.#varint(encoded.length)
      this.#copyIn(encoded, this.#room(encoded.length))
    }
  }

  /** A bool field. */
  bool(tag: number, value: boolean, field: string): void {
    if (typeof value !== 'boolean') throw wrongType(value, field, 'a boolean')
    if (!value) return
    this.#varint(tag)
    this.#varint(1)
  }

  /** An enum field; numbers no one has named pass. */
  enum(tag: number, value: number, field: string): void {
    if (value === 0) return
    assertEnum(value, field)
    this.#varint(tag)
    this.#int64(value)
  }

  /** A list of enums, packed. */
  packedEnums(tag: number, values: readonly number[], field: string): void {
    if (values.length === 0) return
    const start = this.begin(tag, values, field)
    for (const value of values) {
      assertEnum(value, field)
      this.#int64(value)
    }
    this.end(start)
  }

  /** A uint32 field. */
  uint32(tag: number, value: number, field: string): void {
    if (value === 0) return
    if (typeof value !== 'number') throw wrongType(value, field, 'a number')
    if (value >>> 0 !== value) throw outOfRange(value, field, 'a uint32')
    this.#varint(tag)
    this.#varint(value)
  }

  /** An int64 that counts something. */
  int64(tag: number, value: number, field: string): void {
    if (value === 0) return
    this.int64Always(tag, value, field)
  }

  /** As `int64`, zero too. */
  int64Always(tag: number, value: number, field: string): void {
    if (!Number.isSafeInteger(value)) throw notSafe(value, field)
    this.#varint(tag)
    this.#int64(value)
  }

  /** A uint64 that counts something. */
  uint64(tag: number, value: number, field: string): void {
    if (value === 0) return
    this.uint64Always(tag, value, field)
  }

  /** As `uint64`, zero too. */
  uint64Always(tag: number, value: number, field: string): void {
    if (!Number.isSafeInteger(value)) throw notSafe(value, field)
    if (value < 0) throw outOfRange(value, field, 'a uint64')
    this.#varint(tag)
    this.#int64(value)
  }

  /** An int64 that identifies something, as decimal text. */
  int64Text(tag: number, value: string, field: string): void {
    if (value !== '0') this.#text(tag, value, field, true, false)
  }

  /** As `int64Text`, zero too. */
  int64TextAlways(tag: number, value: string, field: string): void {
    this.#text(tag, value, field, true, true)
  }

  /** A uint64 that identifies something, as decimal text. */
  uint64Text(tag: number, value: string, field: string): void {
    if (value !== '0') this.#text(tag, value, field, false, false)
  }

  /** As `uint64Text`, zero too. */
  uint64TextAlways(tag: number, value: string, field: string): void {
    this.#text(tag, value, field, false, true)
  }

  /** Begins a message within; returns what `end` wants. `value` is the message, to be refused if it is none. */
  begin(tag: number, value: object, field: string): number {
    if (typeof value !== 'object' || value === null) throw wrongType(value, field, 'an object')
    this.#varint(tag)
    // One byte for the length is nearly always right; `end` makes room for more.
    this.#length = this.#room(1) + 1
    return this.#length
  }

  /** Ends the message begun at `start`. */
  end(start: number): void {
    const length = this.#length - start
    if (length < 0x80) {
      this.#bytes[start - 1] = length
      return
    }
    const extra = length < 0x4000 ? 1 : length < 0x200000 ? 2 : length < 0x10000000 ? 3 : 4
    this.#room(extra)
    this.#bytes.copyWithin(start + extra, start, start + length)
    this.#length = start - 1
    this.#varint(length)
    this.#length += length
  }

  /** Refuses what is not a list. */
  list<T>(values: readonly T[], field: string): readonly T[] {
    if (!Array.isArray(values)) throw wrongType(values, field, 'an array')
    return values
  }

  /** Begins a message that may contain its own kind. */
  descend(typeName: string): void {
    this.#depth += 1
    if (this.#depth > maxDepth) {
      throw new RangeError(`Cannot encode ${typeName}: nested deeper than ${maxDepth}`)
    }
  }

  /** Ends a message that may contain its own kind. */
  ascend(): void {
    this.#depth -= 1
  }

  #text(tag: number, value: string, field: string, signed: boolean, always: boolean): void {
    const halves = this.#halves
    // Callers tend to write the same lease again and again.
    if (value !== this.#lastText || signed !== this.#lastSigned) {
      if (typeof value !== 'string') throw wrongType(value, field, 'a decimal string')
      this.#lastText = undefined
      const problem = parseHalves(value, signed, halves)
      if (problem !== undefined) throw notInteger(value, problem, field)
      this.#lastText = value
      this.#lastSigned = signed
    }
    if (!always && halves.low === 0 && halves.high === 0) return
    this.#varint(tag)
    this.#varint64(halves.low, halves.high)
  }

  #int64(value: number): void {
    if (value >= 0 && value < twoTo32) this.#varint(value)
    else this.#varint64(value >>> 0, Math.floor(value / twoTo32) >>> 0)
  }

  /** A varint below 2^32. */
  #varint(value: number): void {
    let position = this.#length
    if (position + 5 > this.#bytes.length) this.#grow(5)
    const bytes = this.#bytes
    let rest = value
    while (rest > 0x7f) {
      bytes[position++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    bytes[position++] = rest
    this.#length = position
  }

  /** A varint of up to 64 bits. */
  #varint64(low: number, high: number): void {
    let position = this.#room(10)
    const bytes = this.#bytes
    let restLow = low
    let restHigh = high
    while (restHigh > 0 || restLow > 0x7f) {
      bytes[position++] = (restLow & 0x7f) | 0x80
      restLow = ((restLow >>> 7) | (restHigh << 25)) >>> 0
      restHigh >>>= 7
    }
    bytes[position++] = restLow
    this.#length = position
  }

  /** Writes a short string if it is ASCII. */
  #ascii(value: string): boolean {
    const length = value.length
    let position = this.#room(length + 1)
    const bytes = this.#bytes
    bytes[position++] = length
    for (let index = 0; index < length; index++) {
      const unit = value.charCodeAt(index)
      if (unit >= 0x80) return false
      bytes[position++] = unit
    }
    this.#length = position
    return true
  }

  #copyIn(value: Uint8Array, start: number): void {
    const length = value.length
    const bytes = this.#bytes
    if (length > shortCopy) bytes.set(value, start)
    else for (let index = 0; index < length; index++) bytes[start + index] = value[index] as number
    this.#length = start + length
  }

  /** Makes sure that `count` more bytes fit; returns where they go. */
  #room(count: number): number {
    if (this.#length + count > this.#bytes.length) this.#grow(count)
    return this.#length
  }

  #grow(count: number): void {
    const bytes = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count, 64))
    bytes.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = bytes
  }
}

function assertEnum(value: number, field: string): void {
  if (typeof value !== 'number') throw wrongType(value, field, 'a number')
  if ((value | 0) !== value) throw outOfRange(value, field, 'an int32')
}

function utf8(value: string, field: string): Uint8Array {
  try {
    return encodeUtf8(value)
  } catch (cause) {
    throw new TypeError(`Cannot encode ${field}: half a surrogate pair in the text`, { cause })
  }
}

function notSafe(value: unknown, field: string): Error {
  return typeof value === 'number'
    ? outOfRange(value, field, 'a safe integer')
    : wrongType(value, field, 'a number')
}

function outOfRange(value: number, field: string, wanted: string): RangeError {
  return new RangeError(`Cannot encode ${field}: ${value} is not ${wanted}`)
}

function wrongType(value: unknown, field: string, wanted: string): TypeError {
  const found = value === null ? 'null' : typeof value
  return new TypeError(`Cannot encode ${field}: expected ${wanted}, got ${found}`)
}
