// Messages from JSON, as etcd's gateway writes it, and as people do. Driven by tables, as is the other direction.

import { decodeBase64 } from './base64.ts'
import { DecodeError } from './decode-error.ts'
import type { JsonValue } from './message.ts'
import { byName, type FieldTable, type MessageTable } from './table.ts'
import {
  type Halves,
  parseHalves,
  signedNumber,
  signedText,
  unsignedNumber,
  unsignedText,
} from './wire/int64.ts'
import { maxDepth } from './wire/reader.ts'

/** Where we are: names and indexes, from the outermost message in. */
type Path = (string | number)[]

/** What is wrong, on its way out to where the path is known. */
class Misfit extends Error {}

/**
 * Reads the gateway's form of a message.
 *
 * Both spellings of the field names are taken, integers as text or number, enums by name or number, base64 of either
 * alphabet, `null` for an absent field. Unknown fields are ignored. Throws `DecodeError` naming the path on all else.
 */
export function fromJson(table: MessageTable, json: JsonValue): object {
  const path: Path = []
  try {
    return messageFromJson(table, json, path, 0)
  } catch (error) {
    if (!(error instanceof Misfit)) throw error
    throw new DecodeError(error.message, {
      typeName: table.typeName,
      path: path.length === 0 ? undefined : pathText(path),
    })
  }
}

function pathText(path: Path): string {
  return path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${part}`,
    )
    .join('')
}

function messageFromJson(
  table: MessageTable,
  json: JsonValue,
  path: Path,
  depth: number,
): Record<string, unknown> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new Misfit(`expected an object, got ${typeName(json)}`)
  }
  if (depth > maxDepth) throw new Misfit(`nested deeper than ${maxDepth}`)
  const fields = byName(table)
  // Complete, so that what is set below finds its place in the object's shape.
  const message = table.create() as Record<string, unknown>
  for (const key of Object.keys(json)) {
    const field = fields.get(key)
    const value = (json as Readonly<Record<string, JsonValue>>)[key]
    if (field === undefined || value === null || value === undefined) continue
    path.push(key)
    if (field.oneof !== undefined) assertFirst(table, field, message)
    message[field.jsonName] =
      field.list === undefined
        ? valueFromJson(field, value, path, depth)
        : listFromJson(field, value, path, depth)
    path.pop()
  }
  return message
}

/** Refuses a second member of a oneof. */
function assertFirst(
  table: MessageTable,
  field: FieldTable,
  message: Record<string, unknown>,
): void {
  const other = table.fields.find(
    ({ oneof, jsonName }) => oneof === field.oneof && message[jsonName] !== undefined,
  )
  if (other !== undefined) throw new Misfit(`${other.name} is set as well`)
}

function listFromJson(field: FieldTable, json: JsonValue, path: Path, depth: number): unknown[] {
  if (!Array.isArray(json)) throw new Misfit(`expected an array, got ${typeName(json)}`)
  const items: unknown[] = []
  for (let index = 0; index < json.length; index++) {
    path.push(index)
    items.push(valueFromJson(field, json[index] as JsonValue, path, depth))
    path.pop()
  }
  return items
}

function valueFromJson(field: FieldTable, json: JsonValue, path: Path, depth: number): unknown {
  switch (field.kind) {
    case 'bytes':
      return bytesFromJson(json)
    case 'string':
      if (typeof json !== 'string') throw new Misfit(`expected a string, got ${typeName(json)}`)
      return json
    case 'bool':
      if (typeof json !== 'boolean') throw new Misfit(`expected a boolean, got ${typeName(json)}`)
      return json
    case 'enum':
      return enumFromJson(field, json)
    case 'uint32':
      return integerFromJson(json, false, 0xffffffff)
    case 'int64':
    case 'uint64':
      return integerFromJson(json, field.kind === 'int64', Number.MAX_SAFE_INTEGER)
    case 'int64Text':
    case 'uint64Text':
      return decimalFromJson(json, field.kind === 'int64Text')
    case 'message':
      // The generator gives every field of kind `message` its table.
      return messageFromJson((field.message as () => MessageTable)(), json, path, depth + 1)
  }
}

function bytesFromJson(json: JsonValue): Uint8Array {
  const bytes = typeof json === 'string' ? decodeBase64(json) : undefined
  if (bytes === undefined) throw new Misfit(`expected base64, got ${show(json)}`)
  return bytes
}

function enumFromJson(field: FieldTable, json: JsonValue): number {
  const values = field.values ?? {}
  if (typeof json === 'string' && Object.hasOwn(values, json)) return values[json] as number
  if (typeof json === 'number' && (json | 0) === json) return json + 0
  throw new Misfit(`expected one of ${Object.keys(values).join(', ')}, got ${show(json)}`)
}

function integerFromJson(json: JsonValue, signed: boolean, most: number): number {
  const { low, high } = halvesFromJson(json, signed)
  const value = signed ? signedNumber(low, high) : unsignedNumber(low, high)
  if (Math.abs(value) > most) throw new Misfit(`${show(json)} is beyond ${most}`)
  return value
}

function decimalFromJson(json: JsonValue, signed: boolean): string {
  const { low, high } = halvesFromJson(json, signed)
  return signed ? signedText(low, high) : unsignedText(low, high)
}

function halvesFromJson(json: JsonValue, signed: boolean): Halves {
  if (typeof json === 'number' && !Number.isSafeInteger(json)) {
    // As text it would have been exact; as a number it may already have been rounded.
    throw new Misfit(`${json} is not a safe integer`)
  }
  if (typeof json !== 'number' && typeof json !== 'string') {
    throw new Misfit(`expected an integer, got ${typeName(json)}`)
  }
  const halves: Halves = { low: 0, high: 0 }
  const problem = parseHalves(String(json), signed, halves)
  if (problem !== undefined) throw new Misfit(`${show(json)} is ${problem}`)
  return halves
}

function typeName(json: unknown): string {
  if (json === null) return 'null'
  return Array.isArray(json) ? 'array' : typeof json
}

/** A value as it can stand in a message: never long. */
function show(json: JsonValue): string {
  if (typeof json !== 'string' && typeof json !== 'number') return typeName(json)
  const text = JSON.stringify(json)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
