// gRPC's length-prefixed messages, cut out of the body bytes as they arrive.

/** The octets before each message: a compression flag and the length. */
export const messagePrefixBytes = 5

/** Why a body is no sequence of messages. */
export class FramingError extends Error {
  /** `too-large`: the message is over the limit; `malformed`: the bytes make no sense. */
  readonly kind: 'too-large' | 'malformed'

  constructor(kind: 'too-large' | 'malformed', message: string) {
    super(message)
    this.name = 'FramingError'
    this.kind = kind
  }
}

// What a prefix alone may make us allocate; beyond it, memory grows with the bytes that have come.
const trustedBytes = 4 * 1024 * 1024

/**
 * Assembles messages. Bytes come in lent and go out lent, or as the assembler's own where a message came in parts;
 * beyond 4 MiB, memory grows with what has come, not with what a prefix announces.
 */
export class MessageAssembler {
  readonly #maxBytes: number
  readonly #prefix = new Uint8Array(messagePrefixBytes)
  #prefixed = 0
  #length = 0
  #message: Uint8Array | undefined
  #filled = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Whether a message is incomplete. */
  get partial(): boolean {
    return this.#prefixed > 0
  }

  /** Takes `bytes[start..end)` and hands on each complete message; `owned` says that its bytes are not lent. */
  push(
    bytes: Uint8Array,
    start: number,
    end: number,
    take: (message: Uint8Array, owned: boolean) => void,
  ): void {
    let at = start
    while (at < end) {
      if (this.#prefixed === 0 && end - at >= messagePrefixBytes) {
        const length = this.#readLength(bytes, at)
        const stop = at + messagePrefixBytes + length
        if (stop <= end) {
          take(view(bytes, at + messagePrefixBytes, stop), false)
          at = stop
          continue
        }
      }
      at = this.#assemble(bytes, at, end, take)
    }
  }

  #assemble(
    bytes: Uint8Array,
    start: number,
    end: number,
    take: (message: Uint8Array, owned: boolean) => void,
  ): number {
    let at = start
    while (this.#prefixed < messagePrefixBytes && at < end) {
      this.#prefix[this.#prefixed++] = bytes[at++] ?? 0
      if (this.#prefixed === messagePrefixBytes) this.#length = this.#readLength(this.#prefix, 0)
    }
    if (this.#prefixed < messagePrefixBytes) return at
    const stop = Math.min(end, at + this.#length - this.#filled)
    this.#append(bytes, at, stop)
    if (this.#filled === this.#length) {
      const message = view(this.#message ?? this.#prefix, 0, this.#length)
      this.#message = undefined
      this.#prefixed = 0
      this.#filled = 0
      take(message, true)
    }
    return stop
  }

  #append(bytes: Uint8Array, start: number, end: number): void {
    const needed = this.#filled + end - start
    if (this.#message === undefined) {
      this.#message = new Uint8Array(Math.min(this.#length, Math.max(needed, trustedBytes)))
    } else if (needed > this.#message.length) {
      const larger = new Uint8Array(
        Math.min(this.#length, Math.max(needed, this.#message.length * 2)),
      )
      larger.set(view(this.#message, 0, this.#filled))
      this.#message = larger
    }
    this.#message.set(view(bytes, start, end), this.#filled)
    this.#filled = needed
  }

  #readLength(bytes: Uint8Array, at: number): number {
    if (bytes[at] !== 0)
      throw new FramingError('malformed', 'a compressed message, which was not asked for')
    const length =
      (((bytes[at + 1] ?? 0) << 24) |
        ((bytes[at + 2] ?? 0) << 16) |
        ((bytes[at + 3] ?? 0) << 8) |
        (bytes[at + 4] ?? 0)) >>>
      0
    if (length > this.#maxBytes) {
      throw new FramingError(
        'too-large',
        `a message of ${length} bytes, over the limit of ${this.#maxBytes}`,
      )
    }
    return length
  }
}

/** `bytes[start..end)` without a copy, as a plain `Uint8Array` (faster than `Buffer`'s `subarray`). */
export function view(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start)
}
