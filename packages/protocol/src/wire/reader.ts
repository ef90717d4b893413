// Reads protobuf's binary form, field by field. Generated code drives it; it knows no message.

import { DecodeError } from '../decode-error.ts'
import { noBytes, plainBytes } from './bytes.ts'
import { DecimalMemo, signedNumber, signedText, unsignedNumber, unsignedText } from './int64.ts'
import { decodeUtf8 } from './utf8.ts'

/** How deep messages may nest, both ways. */
export const maxDepth = 100

const signedTexts = new DecimalMemo(signedText)
const unsignedTexts = new DecimalMemo(unsignedText)

/**
 * A place in some bytes, and where the message being read ends.
 *
 * Every method throws `DecodeError` with the offset on bytes that are not what was asked for.
 */
export class Reader {
  /** Offset of the next byte. */
  position = 0
  /** Offset at which the message being read ends. */
  limit: number
  /** Whether keys and values are to stay where they are: see `KeyValueView`. */
  readonly hasViews: boolean
  readonly #bytes: Uint8Array
  // Kept apart because asking a typed array for them costs as much as reading a field.
  readonly #buffer: ArrayBufferLike
  readonly #offset: number
  #high = 0
  #depth = 0

  constructor(bytes: Uint8Array, hasViews = false) {
    this.hasViews = hasViews
    this.#bytes = plainBytes(bytes)
    this.#buffer = this.#bytes.buffer
    this.#offset = this.#bytes.byteOffset
    this.limit = bytes.length
  }

  /** What is being read, from its beginning. */
  get source(): Uint8Array {
    return this.#bytes
  }

  /** Whether the message being read has more fields. */
  more(): boolean {
    return this.position < this.limit
  }

  /** The next field's number and wire type, `number << 3 | type`. */
  tag(): number {
    const byte = this.#bytes[this.position] as number
    if (byte < 0x80) {
      this.position += 1
      return byte
    }
    const start = this.position
    const tag = this.#varint()
    if (this.#high !== 0) throw new DecodeError('field number too large', { offset: start })
    return tag
  }

  /** A bytes field: a view on what is being read, not a copy. */
  bytes(): Uint8Array {
    const length = this.#length()
    if (length === 0) return noBytes
    const start = this.position
    this.position = start + length
    return new Uint8Array(this.#buffer, this.#offset + start, length)
  }

  /** Passes over a bytes field, and returns how many bytes it has; they end at `position`. */
  passBytes(): number {
    const length = this.#length()
    this.position += length
    return length
  }

  /** A string field. */
  string(): string {
    const start = this.position
    const length = this.#length()
    const from = this.position
    this.position = from + length
    try {
      return decodeUtf8(this.#bytes, from, this.position)
    } catch (cause) {
      throw new DecodeError('invalid UTF-8', { offset: start, cause })
    }
  }

  /** A bool field. */
  bool(): boolean {
    return this.#varint() !== 0 || this.#high !== 0
  }

  /** An enum field; numbers no one has named are kept. */
  enum(): number {
    return this.#varint() | 0
  }

  /** A packed list of enums, appended to `list`. */
  packedEnums(list: number[]): void {
    const limit = this.enter()
    while (this.position < this.limit) list.push(this.enum())
    this.limit = limit
  }

  /** A uint32 field. */
  uint32(): number {
    return this.#varint()
  }

  /** An int64 field that counts something. */
  int64(): number {
    const start = this.position
    const low = this.#varint()
    if (this.#high === 0) return low
    return this.#safe(signedNumber(low, this.#high), start)
  }

  /** A uint64 field that counts something. */
  uint64(): number {
    const start = this.position
    const low = this.#varint()
    if (this.#high === 0) return low
    return this.#safe(unsignedNumber(low, this.#high), start)
  }

  /** An int64 field that identifies something, as decimal text. */
  int64Text(): string {
    const low = this.#varint()
    return signedTexts.text(low, this.#high)
  }

  /** A uint64 field that identifies something, as decimal text. */
  uint64Text(): string {
    const low = this.#varint()
    return unsignedTexts.text(low, this.#high)
  }

  /** Begins a message within; returns what to set `limit` to at its end. */
  enter(): number {
    const length = this.#length()
    const limit = this.limit
    this.limit = this.position + length
    return limit
  }

  /** Begins a message that may contain its own kind. */
  descend(): void {
    this.#depth += 1
    if (this.#depth > maxDepth) {
      throw new DecodeError(`nested deeper than ${maxDepth}`, { offset: this.position })
    }
  }

  /** Ends a message that may contain its own kind. */
  ascend(): void {
    this.#depth -= 1
  }

  /** Passes over the field that `tag` begins. */
  skip(tag: number): void {
    const start = this.position
    if (tag >>> 3 === 0) throw new DecodeError('field number 0', { offset: start })
    switch (tag & 7) {
      case 0:
        this.#varint()
        break
      case 1:
        this.#advance(8)
        break
      case 2:
        this.#advance(this.#length())
        break
      case 3:
        this.#skipGroup(tag >>> 3)
        break
      case 5:
        this.#advance(4)
        break
      default:
        throw new DecodeError(`unexpected wire type ${tag & 7}`, { offset: start })
    }
  }

  #skipGroup(number: number): void {
    this.descend()
    for (;;) {
      const start = this.position
      if (start >= this.limit) throw new DecodeError('group without end', { offset: start })
      const tag = this.tag()
      if ((tag & 7) === 4) {
        if (tag >>> 3 !== number) throw new DecodeError('wrong end of group', { offset: start })
        this.ascend()
        return
      }
      this.skip(tag)
    }
  }

  #advance(count: number): void {
    const left = this.limit - this.position
    if (count > left) {
      throw new DecodeError(`${count} bytes expected, ${left} left`, { offset: this.position })
    }
    this.position += count
  }

  /** A length prefix that what is left can hold. */
  #length(): number {
    const start = this.position
    const length = this.#varint()
    const left = this.limit - this.position
    if (this.#high !== 0 || length > left) {
      const text = unsignedText(length, this.#high)
      throw new DecodeError(`length ${text} exceeds the ${left} bytes left`, { offset: start })
    }
    return length
  }

  #safe(value: number, offset: number): number {
    if (!Number.isSafeInteger(value)) {
      throw new DecodeError('integer beyond 2^53-1', { offset })
    }
    return value
  }

  /** A varint of up to 64 bits: returns its low half, unsigned, and leaves its high half in `#high`. */
  #varint(): number {
    const start = this.position
    // Nearly all varints have up to three bytes: without a loop they cost half.
    if (this.limit - start < 3) return this.#longVarint()
    const bytes = this.#bytes
    this.#high = 0
    const first = bytes[start] as number
    if (first < 0x80) {
      this.position = start + 1
      return first
    }
    const second = bytes[start + 1] as number
    if (second < 0x80) {
      this.position = start + 2
      return (first & 0x7f) | (second << 7)
    }
    const third = bytes[start + 2] as number
    if (third < 0x80) {
      this.position = start + 3
      return (first & 0x7f) | ((second & 0x7f) << 7) | (third << 14)
    }
    return this.#longVarint()
  }

  /** As `#varint`, for any length and close to the limit. */
  #longVarint(): number {
    const bytes = this.#bytes
    const start = this.position
    let low = 0
    let high = 0
    for (let index = 0; index < 10; index++) {
      if (start + index >= this.limit) break
      const byte = bytes[start + index] as number
      const bits = byte & 0x7f
      const shift = 7 * index
      if (shift < 32) low |= bits << shift
      if (shift === 28) high = bits >>> 4
      if (shift > 32) high |= bits << (shift - 32)
      // The tenth byte has room for one bit, and is the last.
      if (index === 9 && byte > 1) throw new DecodeError('varint beyond 64 bits', { offset: start })
      if (byte < 0x80) {
        this.position = start + index + 1
        this.#high = high >>> 0
        return low >>> 0
      }
    }
    throw new DecodeError('varint cut off', { offset: start })
  }
}
