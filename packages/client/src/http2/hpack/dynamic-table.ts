// The dynamic table (RFC 7541, 2.3.2 and 4): a queue of fields, bounded by their size in octets.

/** What an entry, or a field of a header list, counts beside its octets (RFC 7541, 4.1; RFC 9113, 6.5.2). */
export const fieldOverhead = 32

/** The fields a peer has put in the table, the newest at position 0. */
export class DynamicTable {
  // A ring: the capacity is a power of two, and the newest entry is just before `#head`.
  #names: string[] = new Array<string>(16).fill('')
  #values: string[] = new Array<string>(16).fill('')
  #head = 0
  #length = 0
  #size = 0
  #maxSize: number

  constructor(maxSize: number) {
    this.#maxSize = maxSize
  }

  /** How many entries there are. */
  get length(): number {
    return this.#length
  }

  /** The size of the entries, in octets. */
  get size(): number {
    return this.#size
  }

  /** What `size` never exceeds. */
  get maxSize(): number {
    return this.#maxSize
  }

  /** The name at `position`, which is less than `length`. */
  nameAt(position: number): string {
    return this.#names[this.#slot(position)] as string
  }

  /** The value at `position`, which is less than `length`. */
  valueAt(position: number): string {
    return this.#values[this.#slot(position)] as string
  }

  /** Sets `maxSize` and evicts what no longer fits (RFC 7541, 4.3). */
  resize(maxSize: number): void {
    this.#maxSize = maxSize
    this.#evictTo(maxSize)
  }

  /** Adds an entry, evicting the oldest to make room; one larger than the table only empties it (RFC 7541, 4.4). */
  insert(name: string, value: string): void {
    const size = name.length + value.length + fieldOverhead
    this.#evictTo(this.#maxSize - size)
    if (size > this.#maxSize) return
    if (this.#length === this.#names.length) this.#grow()
    this.#names[this.#head] = name
    this.#values[this.#head] = value
    this.#head = (this.#head + 1) & (this.#names.length - 1)
    this.#length++
    this.#size += size
  }

  #slot(position: number): number {
    return (this.#head - 1 - position) & (this.#names.length - 1)
  }

  #evictTo(size: number): void {
    while (this.#length > 0 && this.#size > size) {
      const slot = this.#slot(this.#length - 1)
      // Every slot holds a string.
      const name = this.#names[slot] as string
      const value = this.#values[slot] as string
      this.#size -= name.length + value.length + fieldOverhead
      this.#length--
      this.#names[slot] = ''
      this.#values[slot] = ''
    }
  }

  /** Doubles the capacity of a full ring, the oldest entry first. */
  #grow(): void {
    const room = new Array<string>(this.#length).fill('')
    this.#names = [...this.#names.slice(this.#head), ...this.#names.slice(0, this.#head), ...room]
    this.#values = [
      ...this.#values.slice(this.#head),
      ...this.#values.slice(0, this.#head),
      ...room,
    ]
    this.#head = this.#length
  }
}
