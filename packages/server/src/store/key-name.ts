// Keys as text: a code unit for each byte. JavaScript orders such text as etcd orders keys, and compares it far faster.

/** Arguments that one call surely takes. */
const chunk = 4096

/** The text of some bytes. */
export function keyName(bytes: Uint8Array): string {
  if (bytes.length <= chunk) return String.fromCharCode.apply(null, codeUnits(bytes))
  let name = ''
  for (let start = 0; start < bytes.length; start += chunk) {
    name += String.fromCharCode.apply(null, codeUnits(bytes.subarray(start, start + chunk)))
  }
  return name
}

/** `apply` takes whatever has a length and indexes; its type says an array. */
function codeUnits(bytes: Uint8Array): number[] {
  return bytes as unknown as number[]
}

/** The order of keys. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** The order of values. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const difference = (a[index] as number) - (b[index] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** No bytes at all. */
export const noBytes: Uint8Array = new Uint8Array(0)

/** The same bytes, in memory of their own. */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  // Not `slice`: that of Node's `Buffer` copies nothing.
  return bytes.length === 0 ? noBytes : new Uint8Array(bytes)
}
