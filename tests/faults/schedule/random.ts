// Numbers from a seed: the same seed gives the same numbers, so that a round can be played again.

/** A source of numbers. Parts that must not disturb one another take forks. */
export class Random {
  #a: number
  #b: number
  #c: number
  #count = 1

  constructor(seed: number) {
    this.#a = scramble(seed)
    this.#b = scramble(this.#a)
    this.#c = scramble(this.#b)
    // The first numbers of near seeds are near.
    for (let n = 0; n < 12; n++) this.next()
  }

  /** 32 random bits, as a number of at least 0. The generator is Chris Doty-Humphrey's sfc32. */
  next(): number {
    const sum = (this.#a + this.#b + this.#count) | 0
    this.#count = (this.#count + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** A whole number of at least `least` and at most `most`. */
  integer(least: number, most: number): number {
    return least + Math.floor((this.next() / 2 ** 32) * (most - least + 1))
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.next() / 2 ** 32 < probability
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError('Cannot pick: the list is empty')
    // The index is within the list.
    return list[this.integer(0, list.length - 1)] as T
  }

  /** One of the names, each as likely as its weight says. */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T {
    // The keys of the record are all it has.
    const entries = Object.entries(weights) as [T, number][]
    let left = (this.next() / 2 ** 32) * entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [name, weight] of entries) {
      left -= weight
      if (left < 0) return name
    }
    return this.pick(entries.filter(([, weight]) => weight > 0))[0]
  }

  /** Another source, whose numbers do not depend on how many are taken here from now on. */
  fork(): Random {
    return new Random(this.next())
  }
}

/** Mixes the bits of a seed, so that near seeds have nothing in common. The finalizer of MurmurHash3. */
function scramble(seed: number): number {
  let bits = (seed + 0x9e3779b9) | 0
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) | 0
}
