// Random messages of any type, and the same for the peer.

import fc from 'fast-check'
import protobufjs from 'protobufjs'
import { isText, jsonNameOf } from './proto.ts'

type Message = Readonly<Record<string, unknown>>

/** The peer's 64-bit integers; its types leave out all but the constructor. */
const Long = protobufjs.util.Long as unknown as {
  fromString(text: string, unsigned: boolean): unknown
}

const signed = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)
const unsigned = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String)
const safe = { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER }

/** Messages of `type`, every field present as after a decode. `depth` bounds how deep they nest. */
export function messages(type: protobufjs.Type, depth = 3): fc.Arbitrary<Message> {
  const plain = type.fieldsArray.filter((field) => field.partOf === null)
  const record: Record<string, fc.Arbitrary<unknown>> = {}
  for (const field of plain) record[jsonNameOf(field)] = fieldValues(field, depth)
  const oneofs = type.oneofsArray.map((oneof) => members(oneof, depth))
  return fc
    .tuple(fc.record(record), ...oneofs)
    .map((parts) => inOrder(type, Object.assign({}, ...parts) as Message))
}

/** Objects with all members of a oneof, at most one of them set. */
function members(oneof: protobufjs.OneOf, depth: number): fc.Arbitrary<Message> {
  const absent = Object.fromEntries(
    oneof.fieldsArray.map((field) => [jsonNameOf(field), undefined]),
  )
  const usable = oneof.fieldsArray.filter((field) => depth > 0 || !isMessage(field))
  const choices = usable.map((field) =>
    values(field, depth).map((value) => ({ ...absent, [jsonNameOf(field)]: value })),
  )
  return fc.oneof(fc.constant(absent), ...choices)
}

/** Fields in the order of their numbers, so that failures read well. */
function inOrder(type: protobufjs.Type, message: Message): Message {
  const sorted = [...type.fieldsArray].sort((a, b) => a.id - b.id)
  return Object.fromEntries(sorted.map((field) => [jsonNameOf(field), message[jsonNameOf(field)]]))
}

function fieldValues(field: protobufjs.Field, depth: number): fc.Arbitrary<unknown> {
  const usable = depth > 0 || !isMessage(field)
  if (field.repeated)
    return usable ? fc.array(values(field, depth), { maxLength: 3 }) : fc.constant([])
  if (!isMessage(field)) return values(field, depth)
  return usable ? fc.option(values(field, depth), { nil: undefined }) : fc.constant(undefined)
}

function values(field: protobufjs.Field, depth: number): fc.Arbitrary<unknown> {
  const resolved = field.resolvedType
  if (resolved instanceof protobufjs.Type) return messages(resolved, depth - 1)
  if (resolved instanceof protobufjs.Enum) {
    const known = fc.constantFrom(...Object.values(resolved.values))
    return fc.oneof({ arbitrary: known, weight: 4 }, fc.integer())
  }
  return scalars(field)
}

function scalars(field: protobufjs.Field): fc.Arbitrary<unknown> {
  switch (field.type) {
    case 'bytes':
      return fc.uint8Array({ maxLength: 40 }).map((bytes) => new Uint8Array(bytes))
    case 'string':
      return fc.oneof(fc.string({ maxLength: 60 }), fc.string({ unit: 'grapheme', maxLength: 12 }))
    case 'bool':
      return fc.boolean()
    case 'uint32':
      return fc.nat({ max: 0xffffffff })
    case 'int64':
      if (isText(field)) return fc.oneof(fc.constant('0'), signed)
      return fc.oneof(
        fc.integer({ min: -200, max: 200 }),
        fc.maxSafeInteger(),
        fc.constantFrom(safe.min, safe.max),
      )
    case 'uint64':
      if (isText(field)) return fc.oneof(fc.constant('0'), unsigned)
      return fc.oneof(fc.nat({ max: 200 }), fc.maxSafeNat(), fc.constant(safe.max))
    default:
      throw new Error(`${field.fullName}: no arbitrary for ${field.type}`)
  }
}

function isMessage(field: protobufjs.Field): boolean {
  return field.resolvedType instanceof protobufjs.Type
}

/** Our message as the peer wants it: .proto names, Longs, and no defaults, which it would write. */
export function toPeer(type: protobufjs.Type, message: Message): protobufjs.Message {
  const made: Record<string, unknown> = {}
  for (const field of type.fieldsArray) {
    const value = message[jsonNameOf(field)]
    if (value === undefined) continue
    if (Array.isArray(value)) {
      if (value.length > 0) made[field.name] = value.map((item) => toPeerValue(field, item))
    } else if (field.partOf !== null || !isDefault(field, value)) {
      made[field.name] = toPeerValue(field, value)
    }
  }
  return type.create(made)
}

function toPeerValue(field: protobufjs.Field, value: unknown): unknown {
  const resolved = field.resolvedType
  if (resolved instanceof protobufjs.Type) return toPeer(resolved, value as Message)
  if (field.type === 'int64' || field.type === 'uint64') {
    return Long.fromString(String(value), field.type === 'uint64')
  }
  return value
}

function isDefault(field: protobufjs.Field, value: unknown): boolean {
  if (value instanceof Uint8Array) return value.length === 0
  return (
    value ===
    (field.type === 'string' ? '' : isText(field) ? '0' : field.type === 'bool' ? false : 0)
  )
}
