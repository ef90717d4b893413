// Encodes header blocks that leave the peer's dynamic table alone, so that a block can be kept and sent again.

import { assertFieldName, assertFieldValue } from './field-syntax.ts'
import { writeInteger } from './integer.ts'
import { findStaticName, findStaticValue } from './static-table.ts'
import { writeString } from './string.ts'

// The first octet of a representation says which it is (RFC 7541, 6).
const indexed = 0x80
const clearTableUpdate = 0x20
const literalNeverIndexed = 0x10
const literalWithoutIndexing = 0x00

/** The most octets that representation, index and both lengths of a field can take. */
const maxFraming = 3 * 6

/** Room to build most blocks in. */
const scratch = new Uint8Array(2048)

const alwaysSensitive: ReadonlySet<string> = new Set(['authorization', 'token'])

/**
 * A field to send. A sensitive one (unless said otherwise `authorization` and `token` are, and no other) is never
 * indexed by anyone on the way (RFC 7541, 7.1.3).
 */
export type HeaderEntry = readonly [name: string, value: string, sensitive?: boolean]

/** How a block begins. */
export interface EncodeHeadersOptions {
  /** Begin with a dynamic table size update to 0, due in the first block after the peer lowered its table size. */
  readonly clearTable?: boolean
}

/**
 * Encodes a header block without dynamic state (RFC 7541, 6): its octets mean the same on any connection, any number
 * of times. Blocks may be joined to one, with `clearTable` in the first only.
 *
 * Throws `TypeError` on a name or value that HTTP/2 does not allow. Pseudo-header fields pass, wherever they stand.
 */
export function encodeHeaders(
  fields: readonly HeaderEntry[],
  options?: EncodeHeadersOptions,
): Uint8Array {
  let maxLength = 1
  for (const [name, value] of fields) {
    assertFieldName(name)
    assertFieldValue(name, value)
    maxLength += maxFraming + name.length + value.length
  }
  const block = maxLength > scratch.length ? new Uint8Array(maxLength) : scratch
  let position = 0
  if (options?.clearTable === true) block[position++] = clearTableUpdate
  for (const field of fields) position = writeField(block, position, field)
  return block.slice(0, position)
}

function writeField(block: Uint8Array, position: number, field: HeaderEntry): number {
  const [name, value, sensitive = alwaysSensitive.has(name)] = field
  const nameIndex = findStaticName(name)
  const index = sensitive ? 0 : findStaticValue(nameIndex, value)
  if (index !== 0) return writeInteger(block, position, indexed, 7, index)
  const pattern = sensitive ? literalNeverIndexed : literalWithoutIndexing
  const at = writeInteger(block, position, pattern, 4, nameIndex)
  return writeString(block, nameIndex !== 0 ? at : writeString(block, at, name), value)
}
