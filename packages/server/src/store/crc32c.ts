// The checksum CRC-32C (Castagnoli), RFC 3720 appendix B.4.

const table = /* @__PURE__ */ makeTable()

/** The checksum of `bytes`, or, given that of what came before, of both together. */
export function crc32c(bytes: Uint8Array, before = 0): number {
  let crc = ~before
  for (let index = 0; index < bytes.length; index++) {
    crc = (table[(crc ^ (bytes[index] as number)) & 0xff] as number) ^ (crc >>> 8)
  }
  return ~crc >>> 0
}

function makeTable(): Uint32Array {
  // The polynomial 0x1edc6f41, its bits reversed.
  const polynomial = 0x82f63b78
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ polynomial
    return crc
  })
}
