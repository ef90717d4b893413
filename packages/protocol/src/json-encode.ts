// Messages to JSON, as etcd's gateway reads it. Driven by tables: the text around it costs more than this.

import { encodeBase64 } from './base64.ts'
import type { JsonObject, JsonValue } from './message.ts'
import { type FieldKind, type FieldTable, type MessageTable, protoName } from './table.ts'
import { isBytes } from './wire/bytes.ts'
import { type Halves, notInteger, parseHalves, signedText, unsignedText } from './wire/int64.ts'
import { maxDepth } from './wire/reader.ts'

/**
 * The gateway's form of `message`: proto field names, 64-bit integers as strings, bytes as base64, enums by name.
 *
 * Defaults are left out, members of a oneof are not. Throws `TypeError` or `RangeError` on a value its field cannot
 * carry.
 */
export function toJson(table: MessageTable, message: object): JsonObject {
  return messageToJson(table, message, 0)
}

function messageToJson(table: MessageTable, message: object, depth: number): JsonObject {
  if (depth > maxDepth) {
    throw new RangeError(`Cannot encode ${table.typeName}: nested deeper than ${maxDepth}`)
  }
  const json: Record<string, JsonValue> = {}
  let oneof: string | undefined
  for (const field of table.fields) {
    // Any field may be anything until it is checked.
    const value = (message as Readonly<Record<string, unknown>>)[field.jsonName]
    if (value === undefined) continue
    if (field.oneof !== undefined) {
      // No message of etcd has two oneofs, and the generator sees to it that none gets them.
      if (oneof !== undefined) {
        throw new TypeError(`Cannot encode ${table.typeName}.${oneof}: more than one member is set`)
      }
      oneof = field.oneof
    }
    if (field.list === true) {
      if (!Array.isArray(value)) throw wrongType(table, field, 'an array', value)
      if (value.length === 0) continue
      json[protoName(field)] = value.map((item) => valueToJson(table, field, item, depth))
    } else if (field.oneof !== undefined || !isDefault(field, value)) {
      json[protoName(field)] = valueToJson(table, field, value, depth)
    }
  }
  return json
}

/** The default of each kind, but of bytes, which are never the same. */
const defaults: Readonly<Partial<Record<FieldKind, unknown>>> = {
  string: '',
  bool: false,
  enum: 0,
  uint32: 0,
  int64: 0,
  uint64: 0,
  int64Text: '0',
  uint64Text: '0',
}

function isDefault(field: FieldTable, value: unknown): boolean {
  if (field.kind === 'bytes') return isBytes(value) && value.length === 0
  return value === defaults[field.kind]
}

function valueToJson(
  table: MessageTable,
  field: FieldTable,
  value: unknown,
  depth: number,
): JsonValue {
  switch (field.kind) {
    case 'bytes':
      if (!isBytes(value)) throw wrongType(table, field, 'a Uint8Array', value)
      return encodeBase64(value)
    case 'string':
      if (typeof value !== 'string') throw wrongType(table, field, 'a string', value)
      return value
    case 'bool':
      if (typeof value !== 'boolean') throw wrongType(table, field, 'a boolean', value)
      return value
    case 'enum': {
      const number = integer(table, field, value, -0x80000000, 0x7fffffff)
      return nameOf(field, number) ?? number
    }
    case 'uint32':
      return integer(table, field, value, 0, 0xffffffff)
    case 'int64':
      return String(integer(table, field, value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER))
    case 'uint64':
      return String(integer(table, field, value, 0, Number.MAX_SAFE_INTEGER))
    case 'int64Text':
    case 'uint64Text':
      return decimal(table, field, value)
    case 'message':
      if (typeof value !== 'object' || value === null) {
        throw wrongType(table, field, 'an object', value)
      }
      // The generator gives every field of kind `message` its table.
      return messageToJson((field.message as () => MessageTable)(), value, depth + 1)
  }
}

function nameOf(field: FieldTable, number: number): string | undefined {
  const values = field.values ?? {}
  return Object.keys(values).find((name) => values[name] === number)
}

function integer(
  table: MessageTable,
  field: FieldTable,
  value: unknown,
  least: number,
  most: number,
): number {
  if (typeof value !== 'number') throw wrongType(table, field, 'a number', value)
  if (!Number.isInteger(value) || value < least || value > most) {
    const name = `${table.typeName}.${field.jsonName}`
    throw new RangeError(
      `Cannot encode ${name}: ${value} is not an integer from ${least} to ${most}`,
    )
  }
  return value
}

function decimal(table: MessageTable, field: FieldTable, value: unknown): string {
  if (typeof value !== 'string') throw wrongType(table, field, 'a decimal string', value)
  const signed = field.kind === 'int64Text'
  const halves: Halves = { low: 0, high: 0 }
  const problem = parseHalves(value, signed, halves)
  if (problem !== undefined) {
    throw notInteger(value, problem, `${table.typeName}.${field.jsonName}`)
  }
  return signed ? signedText(halves.low, halves.high) : unsignedText(halves.low, halves.high)
}

function wrongType(
  table: MessageTable,
  field: FieldTable,
  wanted: string,
  value: unknown,
): TypeError {
  const found = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
  const name = `${table.typeName}.${field.jsonName}`
  return new TypeError(`Cannot encode ${name}: expected ${wanted}, got ${found}`)
}
