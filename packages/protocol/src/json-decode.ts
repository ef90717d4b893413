// Messages from JSON, as etcd's gateway writes it, and as people do. Driven by tables, as is the other direction.

import { decodeBase64 } from './base64.ts'
import { DecodeError } from './decode-error.ts'
import type { JsonReadOptions, JsonValue } from './message.ts'
import { byName, type FieldTable, type MessageTable, protoName } from './table.ts'
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

/** Where we are, and how to read. */
interface Reading {
  readonly path: Path
  readonly ignoreUnknownEnumNames: boolean
}

/** What is wrong, on its way out to where the path is known. */
class Misfit extends Error {}

/** What an enum's value is that is as good as not there. */
const unknownName = Symbol('unknown name')

/**
 * Reads the gateway's form of a message.
 *
 * Both spellings of the field names are taken (one at a time), integers as text or number, enums by name or number,
 * base64 of either alphabet, `null` for an absent field. Integers that no number can carry may come as `bigint` from
 * parsers that keep them. Unknown fields are ignored. Throws `DecodeError` naming the path on all else.
 */
export function fromJson(
  table: MessageTable,
  json: JsonValue,
  options: JsonReadOptions = {},
): object {
  const path: Path = []
  const ignoreUnknownEnumNames = options.unknownEnumNames === 'ignore'
  try {
    return messageFromJson(table, json, { path, ignoreUnknownEnumNames }, 0)
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
  reading: Reading,
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
    reading.path.push(key)
    const name = protoName(field)
    if (key !== name && hasValue(json, name)) throw new Misfit(`${name} is set as well`)
    if (field.oneof !== undefined) assertFirst(table, field, message)
    const read =
      field.list === undefined
        ? valueFromJson(field, value, reading, depth)
        : listFromJson(field, value, reading, depth)
    if (read !== unknownName) message[field.jsonName] = read
    reading.path.pop()
  }
  return message
}

function hasValue(json: object, key: string): boolean {
  return Object.hasOwn(json, key) && (json as Readonly<Record<string, unknown>>)[key] !== null
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
  if (other !== undefined) throw new Misfit(`${protoName(other)} is set as well`)
}

function listFromJson(
  field: FieldTable,
  json: JsonValue,
  reading: Reading,
  depth: number,
): unknown[] {
  if (!Array.isArray(json)) throw new Misfit(`expected an array, got ${typeName(json)}`)
  const items: unknown[] = []
  for (let index = 0; index < json.length; index++) {
    reading.path.push(index)
    const item = valueFromJson(field, json[index] as JsonValue, reading, depth)
    if (item !== unknownName) items.push(item)
    reading.path.pop()
  }
  return items
}

function valueFromJson(
  field: FieldTable,
  json: JsonValue,
  reading: Reading,
  depth: number,
): unknown {
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
      return enumFromJson(field, json, reading)
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
      return messageFromJson((field.message as () => MessageTable)(), json, reading, depth + 1)
  }
}

function bytesFromJson(json: JsonValue): Uint8Array {
  const bytes = typeof json === 'string' ? (decodeBase64(json) ?? decodeLines(json)) : undefined
  if (bytes === undefined) throw new Misfit(`expected base64, got ${show(json)}`)
  return bytes
}

/** Base64 in lines, as many tools write it; Go skips line breaks too. */
function decodeLines(text: string): Uint8Array | undefined {
  return /[\r\n]/.test(text) ? decodeBase64(text.replaceAll(/[\r\n]/g, '')) : undefined
}

function enumFromJson(
  field: FieldTable,
  json: JsonValue,
  reading: Reading,
): number | typeof unknownName {
  const values = field.values ?? {}
  if (typeof json === 'string' && Object.hasOwn(values, json)) return values[json] as number
  if (typeof json === 'number' && (json | 0) === json) return json + 0
  if (typeof json === 'string' && reading.ignoreUnknownEnumNames) return unknownName
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
  if (typeof json !== 'number' && typeof json !== 'string' && typeof json !== 'bigint') {
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
