// The header list a block decoded to: the fields in order, and the few a gRPC client always asks for.

/** A header field. Octets are characters one to one (latin1). */
export interface HeaderField {
  readonly name: string
  readonly value: string
}

/**
 * A decoded header list. Immutable, so that blocks with the same bytes can share one.
 *
 * Nothing is checked here but the compression: names may be in upper case, pseudo-header fields out of place
 * (RFC 9113, 8.1.1 and 8.2).
 */
export class HeaderList implements Iterable<HeaderField> {
  readonly #flat: readonly string[]
  readonly #tooLarge: boolean
  #status: string | undefined
  #contentType: string | undefined
  #grpcStatus: string | undefined
  #grpcMessage: string | undefined

  /** Takes over `flat`, which is name, value, name, value and so on. */
  constructor(flat: readonly string[], tooLarge: boolean) {
    this.#flat = flat
    this.#tooLarge = tooLarge
    // From the last to the first, so that the first of two fields with one name stands.
    for (let i = flat.length - 2; i >= 0; i -= 2) {
      const value = flat[i + 1]
      switch (flat[i]) {
        case ':status':
          this.#status = value
          break
        case 'content-type':
          this.#contentType = value
          break
        case 'grpc-status':
          this.#grpcStatus = value
          break
        case 'grpc-message':
          this.#grpcMessage = value
          break
      }
    }
  }

  /** Whether the list was larger than `maxListSize` (RFC 9113, 6.5.2); it is empty then. */
  get tooLarge(): boolean {
    return this.#tooLarge
  }

  /** How many fields there are. */
  get length(): number {
    return this.#flat.length >>> 1
  }

  /** The first `:status`. */
  get status(): string | undefined {
    return this.#status
  }

  /** The first `content-type`. */
  get contentType(): string | undefined {
    return this.#contentType
  }

  /** The first `grpc-status`. */
  get grpcStatus(): string | undefined {
    return this.#grpcStatus
  }

  /** The first `grpc-message`, percent-encoded as it came. */
  get grpcMessage(): string | undefined {
    return this.#grpcMessage
  }

  /** The value of the first field with this name, which is in lower case. */
  get(name: string): string | undefined {
    const flat = this.#flat
    for (let i = 0; i < flat.length; i += 2) {
      if (flat[i] === name) return flat[i + 1]
    }
    return undefined
  }

  /** The fields in the order they were sent. */
  *[Symbol.iterator](): Generator<HeaderField, void, undefined> {
    const flat = this.#flat
    for (let i = 0; i < flat.length; i += 2) {
      // `flat` holds pairs: both are there.
      yield { name: flat[i] as string, value: flat[i + 1] as string }
    }
  }
}
