// Decodes header blocks (RFC 7541, 3). Frames, CONTINUATION and what the fields mean are the session's.

import { BlockMemo } from './block-memo.ts'
import { DynamicTable, fieldOverhead } from './dynamic-table.ts'
import { HpackError } from './errors.ts'
import { HeaderList } from './header-list.ts'
import { type Cursor, readInteger } from './integer.ts'
import { staticEntries } from './static-table.ts'
import { readString } from './string.ts'

export type { HeaderList } from './header-list.ts'

// The first octet of a representation says which it is (RFC 7541, 6).
const indexed = 0x80
const literalWithIndexing = 0x40
const sizeUpdate = 0x20

const nothing = new Uint8Array(0)

/** What bounds a decoder. */
export interface HpackDecoderOptions {
  /** Our SETTINGS_HEADER_TABLE_SIZE in force, in octets: 4096 until the peer has acknowledged another. */
  readonly maxTableSize: number
  /** The largest header list to keep, counted as RFC 9113, 6.5.2 does: name + value + 32 for each field. */
  readonly maxListSize: number
}

/** Decodes one connection's header blocks, which must all come through here, in order. */
export class HpackDecoder {
  readonly #table: DynamicTable
  readonly #maxListSize: number
  readonly #memo = new BlockMemo()
  readonly #cursor: Cursor = { bytes: nothing, position: 0, end: 0 }
  #maxTableSize: number
  /** What the next block must begin by lowering the table to, at most. */
  #updateDue: number | undefined
  /** Whether the block being read changed the table, or tried to. */
  #tableTouched = false

  constructor(options: HpackDecoderOptions) {
    this.#maxTableSize = options.maxTableSize
    this.#maxListSize = options.maxListSize
    this.#table = new DynamicTable(options.maxTableSize)
  }

  /**
   * Call when the peer has acknowledged a new SETTINGS_HEADER_TABLE_SIZE. If that is less than the table's size, the
   * next block must begin with an update that says so (RFC 7541, 4.2); one that does not is malformed.
   */
  setMaxTableSize(bytes: number): void {
    this.#maxTableSize = bytes
    if (bytes >= this.#table.maxSize) return
    this.#table.resize(bytes)
    this.#updateDue = bytes
  }

  /**
   * Decodes the whole block in `block[start, end)`; the list keeps none of its bytes. A list over `maxListSize` comes
   * back empty and `tooLarge`, and the decoder goes on. Blocks with the same octets may give the same list.
   *
   * Throws `HpackError` on a malformed block; what follows it on the connection cannot be decoded any more.
   */
  decode(block: Uint8Array, start: number, end: number): HeaderList {
    // With an empty table, a block that does not touch the table means the same each time.
    const stateless = this.#table.length === 0 && this.#updateDue === undefined
    if (stateless) {
      const known = this.#memo.find(block, start, end)
      if (known !== undefined) return known
    }
    const cursor = this.#cursor
    cursor.bytes = block
    cursor.position = start
    cursor.end = end
    this.#tableTouched = false
    this.#readSizeUpdates(cursor)
    const list = this.#readFields(cursor)
    cursor.bytes = nothing
    if (stateless && !this.#tableTouched) this.#memo.add(block, start, end, list)
    return list
  }

  /** Size updates come before the first field (RFC 7541, 4.2). */
  #readSizeUpdates(cursor: Cursor): void {
    let due = this.#updateDue
    while (cursor.position < cursor.end) {
      // In bounds: just checked.
      const octet = cursor.bytes[cursor.position] as number
      if (octet >= literalWithIndexing || octet < sizeUpdate) break
      const size = readInteger(cursor, 5)
      const limit = due ?? this.#maxTableSize
      if (size > limit) throw new HpackError(`table size update to ${size}, limit ${limit}`)
      due = undefined
      this.#table.resize(size)
      this.#tableTouched = true
    }
    if (due !== undefined) throw new HpackError('no table size update after a reduction')
    this.#updateDue = undefined
  }

  /** Reads to the end even when the list is too large: its fields may belong into the table. */
  #readFields(cursor: Cursor): HeaderList {
    const flat: string[] = []
    let size = 0
    while (cursor.position < cursor.end) {
      // In bounds: just checked.
      const octet = cursor.bytes[cursor.position] as number
      let name: string
      let value: string
      if (octet >= indexed) {
        const index = readInteger(cursor, 7)
        name = this.#nameAt(index)
        value = this.#valueAt(index)
      } else {
        name = this.#readName(cursor, octet)
        value = readString(cursor)
        if (octet >= literalWithIndexing) this.#insert(name, value)
      }
      size += name.length + value.length + fieldOverhead
      if (size <= this.#maxListSize) flat.push(name, value)
    }
    const tooLarge = size > this.#maxListSize
    return new HeaderList(tooLarge ? [] : flat, tooLarge)
  }

  #readName(cursor: Cursor, octet: number): string {
    const withIndexing = octet >= literalWithIndexing
    if (!withIndexing && octet >= sizeUpdate)
      throw new HpackError('table size update after a field')
    // Literals without indexing and never indexed differ only for those who pass them on.
    const index = readInteger(cursor, withIndexing ? 6 : 4)
    return index === 0 ? readString(cursor) : this.#nameAt(index)
  }

  #insert(name: string, value: string): void {
    this.#tableTouched = true
    this.#table.insert(name, value)
  }

  #nameAt(index: number): string {
    const entry = staticEntries[index - 1]
    return entry !== undefined ? entry[0] : this.#table.nameAt(this.#position(index))
  }

  #valueAt(index: number): string {
    const entry = staticEntries[index - 1]
    return entry !== undefined ? entry[1] : this.#table.valueAt(this.#position(index))
  }

  /** The place in the dynamic table of an index that is not in the static one (RFC 7541, 2.3.3). */
  #position(index: number): number {
    const position = index - staticEntries.length - 1
    if (index === 0 || position >= this.#table.length) {
      throw new HpackError(`no table entry at index ${index}`)
    }
    return position
  }
}
