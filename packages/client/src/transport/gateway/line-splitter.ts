// The lines of a stream, cut out of its bytes as they arrive.

import { decodeUtf8 } from '@etcdkit/protocol'

const newline = 0x0a

/** A line is longer than is accepted. */
export class LineTooLongError extends Error {}

/** Cuts at newlines. Holds no more than one line, and that no longer than `maxBytes`. */
export class LineSplitter {
  readonly #maxBytes: number
  /** The beginning of a line, in the pieces it came in. */
  #pieces: Uint8Array[] = []
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Bytes of a line that has not ended. */
  get partialBytes(): number {
    return this.#bytes
  }

  /**
   * Takes the next bytes, which are the splitter's from now on, and calls `onLine` for each line that they end. Throws
   * `LineTooLongError`, and `TypeError` on what is not UTF-8.
   */
  push(chunk: Uint8Array, onLine: (line: string, bytes: number) => void): void {
    let start = 0
    for (;;) {
      const end = chunk.indexOf(newline, start)
      if (end === -1) break
      const bytes = this.#bytes + end - start
      this.#keep(chunk.subarray(start, end))
      onLine(this.finish(), bytes)
      start = end + 1
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start))
  }

  /** The line that has not ended, as it is: where the stream ends, so does it. */
  finish(): string {
    const pieces = this.#pieces
    const bytes = this.#bytes
    this.#pieces = []
    this.#bytes = 0
    const [only] = pieces
    return decodeUtf8(pieces.length === 1 && only !== undefined ? only : joined(pieces, bytes))
  }

  #keep(piece: Uint8Array): void {
    this.#bytes += piece.length
    if (this.#bytes > this.#maxBytes) {
      throw new LineTooLongError(`a message of more than ${this.#maxBytes} bytes`)
    }
    this.#pieces.push(piece)
  }
}

/** The pieces as one. */
export function joined(pieces: readonly Uint8Array[], bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
