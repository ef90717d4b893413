// All keys that have a past, in order.

// A CommonJS module: what Node imports of it is the whole module.
import sortedBtree from 'sorted-btree'
import { compareNames } from './key-name.ts'
import type { KeyRange } from './key-range.ts'
import { KeyRecord } from './version.ts'

const BTree = sortedBtree.default

/** Measured with a million keys: 32 is slower to insert into and to scan, 128 no faster. */
const nodeSize = 64

/** The keys by name, deleted ones too until they are compacted. */
export class KeyIndex {
  readonly #records = new BTree<string, KeyRecord>(undefined, compareNames, nodeSize)
  /** The keys that are deleted now: with them, live keys are counted without a look at each. */
  readonly #deleted = new BTree<string, undefined>(undefined, compareNames, nodeSize)

  /** The key with that name. */
  find(name: string): KeyRecord | undefined {
    return this.#records.get(name)
  }

  /** Adds a key that is not here. */
  add(name: string): KeyRecord {
    const record = new KeyRecord(name)
    this.#records.set(name, record)
    return record
  }

  /** Forgets a deleted key. */
  remove(record: KeyRecord): void {
    this.#records.delete(record.name)
    this.#deleted.delete(record.name)
  }

  /** Notes that a key was deleted. */
  markDeleted(record: KeyRecord): void {
    this.#deleted.set(record.name, undefined)
  }

  /** Notes that a deleted key is back. */
  markLive(record: KeyRecord): void {
    this.#deleted.delete(record.name)
  }

  /** Number of live keys in `range`. */
  countLive(range: KeyRange): number {
    return countIn(this.#records, range) - countIn(this.#deleted, range)
  }

  /** Calls `visit` with each key in `range`, upwards, until it answers `false`. `visit` must not add or remove keys. */
  scan(range: KeyRange, visit: (record: KeyRecord) => boolean): void {
    for (const [name, record] of this.#records.entries(range.from, [])) {
      if (name >= range.to || !visit(record)) return
    }
  }

  /** As `scan`, downwards. */
  scanBack(range: KeyRange, visit: (record: KeyRecord) => boolean): void {
    // The library's iterator cannot start in an empty tree.
    if (this.#records.isEmpty) return
    for (const [name, record] of this.#records.entriesReversed(range.to, [], true)) {
      if (name < range.from || !visit(record)) return
    }
  }
}

/** Number of keys of `tree` in `range`. */
function countIn(tree: InstanceType<typeof BTree<string, unknown>>, range: KeyRange): number {
  const lowest = tree.minKey()
  const highest = tree.maxKey()
  // The library's count is negative for a range that is upside down.
  if (lowest === undefined || highest === undefined || range.from >= range.to) return 0
  if (range.from <= lowest && highest < range.to) return tree.size
  return tree.forRange(range.from, range.to, false)
}
