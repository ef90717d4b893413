// What a few recent blocks decoded to: a server without a dynamic table repeats itself, octet for octet.

import type { HeaderList } from './header-list.ts'

const capacity = 8
const maxBlockLength = 256

/** The last few blocks and their header lists; the oldest goes first. */
export class BlockMemo {
  /** A row of `maxBlockLength` for each block: copies, since the bytes a block came in are not ours to keep. */
  readonly #octets = new Uint8Array(capacity * maxBlockLength)
  readonly #lengths: number[] = []
  readonly #lists: HeaderList[] = []
  #oldest = 0

  /** The list of the block with the same octets, if it is still known. */
  find(bytes: Uint8Array, start: number, end: number): HeaderList | undefined {
    const lengths = this.#lengths
    for (let row = 0; row < lengths.length; row++) {
      if (lengths[row] !== end - start) continue
      if (isSame(this.#octets, row * maxBlockLength, bytes, start, end)) return this.#lists[row]
    }
    return undefined
  }

  /** Remembers a block, which must mean the same whenever it comes again. Long blocks are left out. */
  add(bytes: Uint8Array, start: number, end: number, list: HeaderList): void {
    if (end - start > maxBlockLength) return
    const row = this.#oldest
    this.#oldest = (row + 1) % capacity
    this.#lengths[row] = end - start
    this.#lists[row] = list
    // In bounds. A loop, because blocks are short and `set` wants a view made first.
    for (let from = start, to = row * maxBlockLength; from < end; from++, to++) {
      this.#octets[to] = bytes[from] as number
    }
  }
}

function isSame(
  octets: Uint8Array,
  offset: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  for (let i = start, j = offset; i < end; i++, j++) {
    if (octets[j] !== bytes[i]) return false
  }
  return true
}
