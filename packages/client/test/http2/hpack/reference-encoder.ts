// A stateful HPACK encoder, plain rather than fast: what the decoder is tried against.

import { encodeHuffman, huffmanLength } from '../../../src/http2/hpack/huffman.ts'
import { writeInteger } from '../../../src/http2/hpack/integer.ts'
import { staticEntries } from '../../../src/http2/hpack/static-table.ts'
import type { Pair } from './bytes.ts'

/** How to send a field that is not in a table; `index` also looks it up in the dynamic one. */
export type Indexing = 'index' | 'plain' | 'never'

export class ReferenceEncoder {
  /** Whether each string is Huffman-coded, even if that makes it longer. */
  readonly #huffman: boolean
  #entries: Pair[] = []
  #maxSize = 4096
  /** The smallest size and the last since the last block. */
  #updates: readonly [smallest: number, last: number] | undefined

  constructor(options: { readonly huffman: boolean }) {
    this.#huffman = options.huffman
  }

  /** The dynamic table, newest first. */
  get entries(): readonly Pair[] {
    return this.#entries
  }

  /** The size of the dynamic table. */
  get size(): number {
    return this.#entries.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0)
  }

  /** The next block begins with an update to this, and before it one to the smallest since the last block. */
  resize(maxSize: number): void {
    this.#updates = [Math.min(this.#updates?.[0] ?? maxSize, maxSize), maxSize]
    this.#maxSize = maxSize
    this.#evict()
  }

  encode(
    fields: readonly (readonly [name: string, value: string, indexing: Indexing])[],
  ): Uint8Array {
    const updates = [...new Set(this.#updates)].flatMap((size) => integer(0x20, 5, size))
    this.#updates = undefined
    return Uint8Array.from([...updates, ...fields.flatMap((field) => this.#field(...field))])
  }

  #field(name: string, value: string, indexing: Indexing): number[] {
    const table = indexing === 'index' ? [...staticEntries, ...this.#entries] : staticEntries
    const index = table.findIndex((entry) => entry[0] === name && entry[1] === value) + 1
    if (index > 0 && indexing !== 'never') return integer(0x80, 7, index)
    const nameIndex = table.findIndex((entry) => entry[0] === name) + 1
    const head = {
      index: () => integer(0x40, 6, nameIndex),
      plain: () => integer(0x00, 4, nameIndex),
      never: () => integer(0x10, 4, nameIndex),
    }[indexing]()
    if (indexing === 'index') {
      this.#entries.unshift([name, value])
      this.#evict()
    }
    return [...head, ...(nameIndex > 0 ? [] : this.#string(name)), ...this.#string(value)]
  }

  #evict(): void {
    while (this.size > this.#maxSize) this.#entries.pop()
  }

  #string(text: string): number[] {
    if (!this.#huffman) return [...integer(0, 7, text.length), ...Buffer.from(text, 'latin1')]
    const target = new Uint8Array(huffmanLength(text))
    encodeHuffman(text, target, 0)
    return [...integer(0x80, 7, target.length), ...target]
  }
}

function integer(pattern: number, prefixBits: number, value: number): number[] {
  const target = new Uint8Array(6)
  return [...target.subarray(0, writeInteger(target, 0, pattern, prefixBits, value))]
}
