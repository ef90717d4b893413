// The error of everything that reads bytes or JSON from a peer.

/** Where decoding failed. */
export interface DecodeErrorOptions {
  /** The message that was being decoded, for example `etcdserverpb.RangeResponse`. */
  readonly typeName?: string | undefined
  /** The field within it, for example `kvs[3].lease`. */
  readonly path?: string | undefined
  /** Bytes from the start of what was being decoded. JSON has none. */
  readonly offset?: number | undefined
  readonly cause?: unknown
}

/**
 * Thrown for bytes or JSON that are not the message they should be.
 *
 * Its message names the type, the field and the offset:
 * `Cannot decode etcdserverpb.RangeResponse: field kvs at byte 12: length 400 exceeds the 17 bytes left`.
 */
export class DecodeError extends Error {
  /** What is wrong, without where. */
  readonly reason: string
  /** The message that was being decoded, if known. */
  readonly typeName: string | undefined
  /** The field within it, for example `kvs[3].lease`; `undefined` if no field is to blame. */
  readonly path: string | undefined
  /** Bytes from the start of what was being decoded; `undefined` for JSON. */
  readonly offset: number | undefined

  constructor(reason: string, options: DecodeErrorOptions = {}) {
    super(describe(reason, options), 'cause' in options ? { cause: options.cause } : undefined)
    this.name = 'DecodeError'
    this.reason = reason
    this.typeName = options.typeName
    this.path = options.path
    this.offset = options.offset
  }
}

function describe(reason: string, { typeName, path, offset }: DecodeErrorOptions): string {
  const place = [path && `field ${path}`, offset !== undefined && `at byte ${offset}`]
    .filter((part) => part)
    .join(' ')
  return `Cannot decode ${typeName ?? 'message'}: ${place === '' ? '' : `${place}: `}${reason}`
}
