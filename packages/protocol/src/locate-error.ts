// Where in a message its bytes could not be read, found when it is asked for.

import { DecodeError } from './decode-error.ts'
import type { FieldTable, MessageTable } from './table.ts'
import { Reader } from './wire/reader.ts'

/** The same error with the type and the path that are to blame. */
export function locateError(error: unknown, table: MessageTable, bytes: Uint8Array): unknown {
  if (!(error instanceof DecodeError) || error.offset === undefined) return error
  const path = pathTo(new Reader(bytes), table, error.offset)
  return new DecodeError(error.reason, {
    typeName: table.typeName,
    path: path === '' ? undefined : path,
    offset: error.offset,
    ...('cause' in error ? { cause: error.cause } : {}),
  })
}

/** The path of the field that holds the byte at `offset`, found by reading again up to there. */
function pathTo(reader: Reader, table: MessageTable, offset: number): string {
  const counts = new Map<number, number>()
  let name = ''
  try {
    while (reader.more()) {
      name = ''
      const tag = reader.tag()
      const field = table.fields.find(({ number }) => number === tag >>> 3)
      name = nameOf(tag >>> 3, field, counts)
      const nested = (tag & 7) === 2 ? field?.message?.() : undefined
      if (nested === undefined) {
        reader.skip(tag)
      } else {
        const limit = reader.enter()
        if (offset < reader.limit && offset >= reader.position) {
          const inner = pathTo(reader, nested, offset)
          return inner === '' ? name : `${name}.${inner}`
        }
        reader.position = reader.limit
        reader.limit = limit
      }
      if (offset < reader.position) return name
    }
  } catch {
    // What cannot be read is what was asked for.
  }
  return name
}

function nameOf(
  number: number,
  field: FieldTable | undefined,
  counts: Map<number, number>,
): string {
  if (field === undefined) return `#${number}`
  if (field.list === undefined) return field.jsonName
  const index = counts.get(number) ?? 0
  counts.set(number, index + 1)
  return `${field.jsonName}[${index}]`
}
