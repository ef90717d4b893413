// What counts as bytes.

/** What an absent bytes field holds. */
export const noBytes: Uint8Array = /* @__PURE__ */ new Uint8Array(0)

/** Whether `value` is a `Uint8Array`, of this realm or (in test runners, in workers) of another. */
export function isBytes(value: unknown): value is Uint8Array {
  return (
    value instanceof Uint8Array || Object.prototype.toString.call(value) === '[object Uint8Array]'
  )
}

/** The same bytes as a plain `Uint8Array`: Node's `Buffer` is a subclass, and reading both in one place is slow. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.constructor === Uint8Array) return bytes
  if (!isBytes(bytes)) throw new TypeError('Cannot decode message: not a Uint8Array')
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
