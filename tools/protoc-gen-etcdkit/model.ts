// What the generator knows of a .proto, in the words of what it writes. What etcd does not use is refused here.

import {
  type DescEnum,
  type DescField,
  type DescFile,
  type DescMessage,
  ScalarType,
} from '@bufbuild/protobuf'
import { FieldOptions_JSType } from '@bufbuild/protobuf/wkt'
import { getComments } from '@bufbuild/protoplugin'
import type { FieldKind } from '../../packages/protocol/src/table.ts'

/** A field to write code for. */
export interface FieldModel {
  readonly number: number
  /** Name in the .proto. */
  readonly name: string
  /** Name in TypeScript. */
  readonly jsonName: string
  readonly comment: string
  readonly kind: FieldKind
  readonly list: boolean
  /** Name of the oneof it is a member of. */
  readonly oneof: string | undefined
  readonly message: DescMessage | undefined
  readonly enum: DescEnum | undefined
}

/** A message to write code for. */
export interface MessageModel {
  readonly name: string
  readonly typeName: string
  readonly comment: string
  /** In the order of their numbers, as they are written. */
  readonly fields: readonly FieldModel[]
  /** Whether it can contain its own kind. */
  readonly recursive: boolean
  /** Whether there is a bytes field in it or in what it contains. */
  readonly retainsBytes: boolean
}

/** An enum to write code for. */
export interface EnumModel {
  readonly name: string
  readonly typeName: string
  readonly comment: string
  readonly values: readonly {
    readonly name: string
    readonly number: number
    readonly comment: string
  }[]
}

/** The messages of a file. */
export function describeMessages(file: DescFile): MessageModel[] {
  return file.messages.map((message) => {
    if (message.nestedMessages.length > 0) throw unsupported(message.typeName, 'nested messages')
    // The JSON codec counts on it.
    if (message.oneofs.length > 1) throw unsupported(message.typeName, 'more than one oneof')
    return {
      name: message.name,
      typeName: message.typeName,
      comment: commentOf(message),
      fields: [...message.fields].sort((a, b) => a.number - b.number).map(describeField),
      recursive: contained(message).has(message),
      retainsBytes: [message, ...contained(message)].some(hasBytes),
    }
  })
}

/** The enums of a file, those within messages as well. */
export function describeEnums(file: DescFile): EnumModel[] {
  const enums = [...file.enums, ...file.messages.flatMap((message) => message.nestedEnums)]
  return enums.map((desc) => ({
    name: enumName(desc),
    typeName: desc.typeName,
    comment: commentOf(desc),
    values: desc.values.map((value) => ({
      name: value.name,
      number: value.number,
      comment: commentOf(value),
    })),
  }))
}

/** An enum's name in TypeScript: its own, unless that says nothing. */
export function enumName(desc: DescEnum): string {
  return desc.name === 'Type' && desc.parent !== undefined ? `${desc.parent.name}Type` : desc.name
}

/** The comment before a thing in the .proto. */
export function commentOf(desc: Parameters<typeof getComments>[0]): string {
  const comment = getComments(desc).leading?.trim()
  if (comment === undefined || comment === '') throw new Error(`${desc.toString()}: no comment`)
  return comment
}

function describeField(field: DescField): FieldModel {
  if (field.fieldKind === 'map') throw unsupported(field.toString(), 'map')
  const list = field.fieldKind === 'list'
  const kind = kindOf(field)
  if (list && !['message', 'string', 'bytes', 'enum'].includes(kind)) {
    throw unsupported(field.toString(), `list of ${kind}`)
  }
  return {
    number: field.number,
    name: field.name,
    jsonName: field.jsonName,
    comment: commentOf(field),
    kind,
    list,
    oneof: field.oneof?.name,
    message: field.message,
    enum: field.enum,
  }
}

function kindOf(field: DescField): FieldKind {
  if (field.message !== undefined) return 'message'
  if (field.enum !== undefined) return 'enum'
  switch (field.scalar) {
    case ScalarType.BYTES:
      return 'bytes'
    case ScalarType.STRING:
      return 'string'
    case ScalarType.BOOL:
      return 'bool'
    case ScalarType.UINT32:
      return 'uint32'
    case ScalarType.INT64:
      return isText(field) ? 'int64Text' : 'int64'
    case ScalarType.UINT64:
      return isText(field) ? 'uint64Text' : 'uint64'
    default:
      throw unsupported(field.toString(), `scalar type ${field.scalar}`)
  }
}

function isText(field: DescField): boolean {
  const jstype = field.proto.options?.jstype ?? FieldOptions_JSType.JS_NORMAL
  if (jstype === FieldOptions_JSType.JS_NORMAL) throw new Error(`${field.toString()}: no jstype`)
  return jstype === FieldOptions_JSType.JS_STRING
}

/** All messages within a message, at any depth. */
function contained(message: DescMessage, found: Set<DescMessage> = new Set()): Set<DescMessage> {
  for (const field of message.fields) {
    if (field.message === undefined || found.has(field.message)) continue
    found.add(field.message)
    contained(field.message, found)
  }
  return found
}

function hasBytes(message: DescMessage): boolean {
  return message.fields.some(
    (field) => field.fieldKind !== 'map' && field.scalar === ScalarType.BYTES,
  )
}

function unsupported(where: string, what: string): Error {
  return new Error(`${where}: ${what} is not supported`)
}
