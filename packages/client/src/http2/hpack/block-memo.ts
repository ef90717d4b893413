// What a few recent blocks decoded to: a server without a dynamic table repeats itself, octet for octet.

import type { HeaderList } from './header-list.ts'

const capacity = 8
const maxBlockLength = 256

/** The last few blocks and their header lists; the oldest goes first. */
export class BlockMemo {
  readonly #blocks: Uint8Array[] = []
  readonly #lists: HeaderList[] = []
  #oldest = 0

  /** The list of the block with the same octets, if it is still known. */
  find(bytes: Uint8Array, start: number, end: number): HeaderList | undefined {
    const blocks = this.#blocks
    for (let i = 0; i < blocks.length; i++) {
      // In bounds.
      if (isSame(blocks[i] as Uint8Array, bytes, start, end)) return this.#lists[i]
    }
    return undefined
  }

  /** Remembers a block, which must mean the same whenever it comes again. Long blocks are left out. */
  add(bytes: Uint8Array, start: number, end: number, list: HeaderList): void {
    if (end - start > maxBlockLength) return
    // Not `slice`: that of a `Buffer` does not copy.
    this.#blocks[this.#oldest] = new Uint8Array(bytes.subarray(start, end))
    this.#lists[this.#oldest] = list
    this.#oldest = (this.#oldest + 1) % capacity
  }
}

function isSame(block: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const length = end - start
  if (block.length !== length) return false
  for (let i = 0; i < length; i++) {
    if (block[i] !== bytes[start + i]) return false
  }
  return true
}
