// Cuts JSON objects out of a body as it arrives: requests of a stream follow each other, with or without blanks between.

import type { StatusError } from '../v3/status.ts'
import { tooLarge, wrongRequest } from './request-error.ts'

const quote = 0x22
const backslash = 0x5c
const openers: ReadonlySet<number> = new Set([0x7b, 0x5b])
const closers: ReadonlySet<number> = new Set([0x7d, 0x5d])
const brace = 0x7b
const blanks: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d])

/** Finds where objects end. Whether what is between is JSON is for the parser to say. */
export class JsonValueReader {
  readonly #maxBytes: number
  #parts: Uint8Array[] = []
  #bytes = 0
  #depth = 0
  #inText = false
  #escaped = false

  /** `maxBytes` is the largest object it takes. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Whether an object has begun and not ended. */
  get partial(): boolean {
    return this.#depth > 0
  }

  /**
   * The objects that are complete with `chunk`, as they are found. Throws `StatusError` on one too large and on what is
   * no object. Who stops before the end can read no more.
   */
  *push(chunk: Uint8Array): Generator<Buffer, void> {
    let start = 0
    for (let index = 0; index < chunk.length; index++) {
      const byte = chunk[index] as number
      if (this.#depth === 0) {
        if (blanks.has(byte)) continue
        if (byte !== brace) throw notObject(byte)
        start = index
      }
      if (this.#ends(byte)) yield this.#take(chunk.subarray(start, index + 1))
    }
    if (this.#depth > 0) this.#keep(chunk.subarray(start))
  }

  /** Whether an object ends with `byte`. */
  #ends(byte: number): boolean {
    if (this.#inText) {
      if (this.#escaped) this.#escaped = false
      else if (byte === backslash) this.#escaped = true
      else if (byte === quote) this.#inText = false
      return false
    }
    if (byte === quote) this.#inText = true
    else if (openers.has(byte)) this.#depth += 1
    else if (closers.has(byte)) {
      this.#depth -= 1
      return this.#depth === 0
    }
    return false
  }

  #keep(part: Uint8Array): void {
    this.#bytes += part.length
    if (this.#bytes > this.#maxBytes) throw tooLarge(this.#bytes, this.#maxBytes)
    this.#parts.push(part)
  }

  #take(last: Uint8Array): Buffer {
    this.#keep(last)
    const whole = Buffer.concat(this.#parts)
    this.#parts = []
    this.#bytes = 0
    return whole
  }
}

function notObject(byte: number): StatusError {
  const found =
    byte >= 0x21 && byte < 0x7f ? JSON.stringify(String.fromCharCode(byte)) : `byte ${byte}`
  return wrongRequest(`expected a JSON object, found ${found}`)
}
