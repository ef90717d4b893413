// SHA-256 in pieces (FIPS 180-4), for runtimes that only have it for a whole at once. Node's own is used where it is.

/** A hash that takes its bytes piece by piece. */
export interface Hasher {
  update(bytes: Uint8Array): void
  /** The hash of all that was given. Ends the work: call nothing after it. */
  digest(): Uint8Array
}

/** The hash of this runtime if it has one for pieces, else one in plain JavaScript. */
export function createSha256(): Hasher {
  return nativeSha256() ?? new Sha256()
}

/** The part of Node's `process`, which Deno and Bun have too, that is looked at here. */
interface ProcessLike {
  readonly getBuiltinModule?: (name: string) => unknown
}

interface CryptoLike {
  createHash(algorithm: 'sha256'): {
    update(bytes: Uint8Array): unknown
    digest(): Uint8Array
  }
}

function nativeSha256(): Hasher | undefined {
  // Not known to be there, so not typed by the platform.
  const { process } = globalThis as { readonly process?: ProcessLike }
  // What Node documents of this module.
  const crypto = process?.getBuiltinModule?.('node:crypto') as CryptoLike | undefined
  const hash = crypto?.createHash?.('sha256')
  if (hash === undefined) return undefined
  return {
    update: (bytes) => {
      hash.update(bytes)
    },
    digest: () => hash.digest(),
  }
}

const blockBytes = 64
const lengthBytes = 8
const rounds = 64

/** The hash in plain JavaScript. */
export class Sha256 implements Hasher {
  readonly #state = initialState.slice()
  readonly #schedule = new Int32Array(rounds)
  /** What does not fill a block yet. */
  readonly #block = new Uint8Array(blockBytes)
  #filled = 0
  #length = 0

  update(bytes: Uint8Array): void {
    this.#length += bytes.length
    let from = 0
    if (this.#filled > 0) {
      from = Math.min(blockBytes - this.#filled, bytes.length)
      this.#block.set(bytes.subarray(0, from), this.#filled)
      this.#filled += from
      if (this.#filled < blockBytes) return
      this.#compress(this.#block, 0)
    }
    for (; from + blockBytes <= bytes.length; from += blockBytes) this.#compress(bytes, from)
    this.#block.set(bytes.subarray(from))
    this.#filled = bytes.length - from
  }

  digest(): Uint8Array {
    const length = this.#length
    // A one, zeros, and the length in bits, so that the last block is full.
    const end = this.#filled + 1 + lengthBytes
    const padding = new Uint8Array(Math.ceil(end / blockBytes) * blockBytes - this.#filled)
    padding[0] = 0x80
    const view = new DataView(padding.buffer)
    view.setUint32(padding.length - 8, Math.floor(length / 2 ** 29))
    view.setUint32(padding.length - 4, (length * 8) >>> 0)
    this.update(padding)
    const digest = new Uint8Array(32)
    const words = new DataView(digest.buffer)
    this.#state.forEach((word, index) => {
      words.setInt32(index * 4, word)
    })
    return digest
  }

  #compress(bytes: Uint8Array, from: number): void {
    const w = this.#schedule
    expand(w, bytes, from)
    const state = this.#state
    let [a, b, c, d] = [at(state, 0), at(state, 1), at(state, 2), at(state, 3)]
    let [e, f, g, h] = [at(state, 4), at(state, 5), at(state, 6), at(state, 7)]
    for (let round = 0; round < rounds; round++) {
      const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + at(constants, round) + at(w, round)) | 0
      const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
      h = g
      g = f
      f = e
      e = (d + t1) | 0
      d = c
      c = b
      b = a
      a = (t1 + t2) | 0
    }
    state[0] = at(state, 0) + a
    state[1] = at(state, 1) + b
    state[2] = at(state, 2) + c
    state[3] = at(state, 3) + d
    state[4] = at(state, 4) + e
    state[5] = at(state, 5) + f
    state[6] = at(state, 6) + g
    state[7] = at(state, 7) + h
  }
}

// Every index here is within its array, which the type of an access does not tell.
function at(words: Int32Array, index: number): number {
  return words[index] as number
}

function expand(w: Int32Array, bytes: Uint8Array, from: number): void {
  for (let index = 0, place = from; index < 16; index++, place += 4) {
    w[index] =
      ((bytes[place] as number) << 24) |
      ((bytes[place + 1] as number) << 16) |
      ((bytes[place + 2] as number) << 8) |
      (bytes[place + 3] as number)
  }
  for (let index = 16; index < rounds; index++) {
    const near = at(w, index - 15)
    const late = at(w, index - 2)
    const s0 = rotate(near, 7) ^ rotate(near, 18) ^ (near >>> 3)
    const s1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10)
    w[index] = (at(w, index - 16) + s0 + at(w, index - 7) + s1) | 0
  }
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits))
}

const primes = /* @__PURE__ */ firstPrimes(rounds)

// The first 32 bits of the fractions of the primes' square and cube roots.
const initialState = /* @__PURE__ */ Int32Array.from(primes.slice(0, 8), (prime) =>
  fraction(Math.sqrt(prime)),
)
const constants = /* @__PURE__ */ Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)))

function fraction(root: number): number {
  return Math.floor((root - Math.floor(root)) * 2 ** 32)
}

function firstPrimes(count: number): number[] {
  const found: number[] = []
  for (let candidate = 2; found.length < count; candidate++) {
    if (found.every((prime) => candidate % prime !== 0)) found.push(candidate)
  }
  return found
}
