// Keys and values that stay in the answer they came in until somebody asks for them.

import type { KeyValue } from './gen/mvccpb/kv.ts'
import type { Reader } from './wire/reader.ts'
import { decodeUtf8 } from './wire/utf8.ts'

/**
 * A `KeyValue` whose bytes are made when first asked for, each time anew: most readers of an answer want the text, and
 * two arrays for each of ten thousand entries take half of the time and memory of reading them.
 */
export class KeyValueView implements KeyValue {
  readonly createRevision: number
  readonly modRevision: number
  readonly version: number
  readonly lease: string
  readonly #answer: Uint8Array
  readonly #keyStart: number
  readonly #keyEnd: number
  readonly #valueStart: number
  readonly #valueEnd: number

  /** Reads what is left of the message that `reader` is in. */
  constructor(reader: Reader) {
    let createRevision = 0
    let modRevision = 0
    let version = 0
    let lease = '0'
    let keyStart = 0
    let keyEnd = 0
    let valueStart = 0
    let valueEnd = 0
    BINARY: while (reader.more()) {
      const tag = reader.tag()
      switch (tag) {
        case 10:
          keyEnd = reader.passBytes()
          keyStart = reader.position - keyEnd
          keyEnd += keyStart
          break
        case 16:
          createRevision = reader.int64()
          break
        case 24:
          modRevision = reader.int64()
          break
        case 32:
          version = reader.int64()
          break
        case 42:
          valueEnd = reader.passBytes()
          valueStart = reader.position - valueEnd
          valueEnd += valueStart
          break
        case 48:
          lease = reader.int64Text()
          break
        default:
          reader.skip(tag)
      }
    }
    this.createRevision = createRevision
    this.modRevision = modRevision
    this.version = version
    this.lease = lease
    this.#answer = reader.source
    this.#keyStart = keyStart
    this.#keyEnd = keyEnd
    this.#valueStart = valueStart
    this.#valueEnd = valueEnd
  }

  get key(): Uint8Array {
    return this.#answer.subarray(this.#keyStart, this.#keyEnd)
  }

  get value(): Uint8Array {
    return this.#answer.subarray(this.#valueStart, this.#valueEnd)
  }

  /** The bytes of key and value. */
  get size(): number {
    return this.#keyEnd - this.#keyStart + this.#valueEnd - this.#valueStart
  }

  /** The key without its first `from` bytes, as text. Throws `TypeError` if that is not UTF-8. */
  keyText(from: number): string {
    return decodeUtf8(this.#answer, Math.min(this.#keyStart + from, this.#keyEnd), this.#keyEnd)
  }

  /** The value as text. Throws `TypeError` if it is not UTF-8. */
  valueText(): string {
    return decodeUtf8(this.#answer, this.#valueStart, this.#valueEnd)
  }
}
