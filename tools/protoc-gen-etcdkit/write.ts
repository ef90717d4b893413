// The binary form, out.

import { internal } from './doc.ts'
import { messageOf } from './field.ts'
import type { Imports } from './imports.ts'
import type { FieldModel, MessageModel } from './model.ts'

/** The tag that begins a field: its number and its wire type. */
export function tagOf(field: FieldModel): number {
  const delimited = field.list || ['bytes', 'string', 'message'].includes(field.kind)
  return ((field.number << 3) | (delimited ? 2 : 0)) >>> 0
}

/** The function that writes a message. */
export function writeLines(model: MessageModel, imports: Imports): string[] {
  const { name, fields, recursive } = model
  const init = imports.type('MessageInit', '../message.ts')
  const writer = imports.type('Writer', '../wire/writer.ts')
  const oneofs = [...new Set(fields.flatMap(({ oneof }) => oneof ?? []))]
  if (fields.length === 0) {
    return [
      internal,
      `export function write${name}(_writer: ${writer}, _message: ${init}<${name}>): void {}`,
      '',
    ]
  }
  const body = [
    ...(recursive ? [`writer.descend('${model.typeName}')`] : []),
    ...oneofs.flatMap((oneof) => oneofLines(model, oneof, imports)),
    ...fields.flatMap((field) => fieldLines(model, field, imports)),
    ...(recursive ? ['writer.ascend()'] : []),
  ]
  return [
    internal,
    `export function write${name}(writer: ${writer}, message: ${init}<${name}>): void {`,
    ...binaryLines(body),
    '}',
    '',
  ]
}

/** The body of a function of the binary form alone: the build for browsers drops what has this label. */
export function binaryLines(lines: readonly string[]): string[] {
  return ['  BINARY: {', ...lines.map((line) => `    ${line}`), '  }']
}

function oneofLines({ typeName, fields }: MessageModel, oneof: string, imports: Imports): string[] {
  const check = imports.value('assertOneMember', '../codec.ts')
  const members = fields.filter((field) => field.oneof === oneof)
  const set = members.map(({ jsonName }) => `+(message.${jsonName} !== undefined)`)
  const lines = set.map((line, index) => `  ${line}${index < set.length - 1 ? ' +' : ','}`)
  return [`${check}(`, ...lines, `  '${typeName}.${oneof}',`, ')']
}

function fieldLines(model: MessageModel, field: FieldModel, imports: Imports): string[] {
  const value = `message.${field.jsonName}`
  const name = `'${model.typeName}.${field.jsonName}'`
  const tag = tagOf(field)
  if (field.list && field.kind === 'enum') {
    return [
      `if (${value} !== undefined) {`,
      `  writer.packedEnums(${tag}, writer.list(${value}, ${name}), ${name})`,
      '}',
    ]
  }
  const body = field.list
    ? [
        `for (const item of writer.list(${value}, ${name})) {`,
        ...valueLines(field, tag, 'item', name, imports).map((line) => `  ${line}`),
        '}',
      ]
    : valueLines(field, tag, value, name, imports)
  return [`if (${value} !== undefined) {`, ...body.map((line) => `  ${line}`), '}']
}

function valueLines(
  field: FieldModel,
  tag: number,
  value: string,
  name: string,
  imports: Imports,
): string[] {
  if (field.kind === 'message') {
    const write = messageOf(
      field,
      (symbol, module) => imports.value(symbol, module),
      (symbol) => `write${symbol}`,
    )
    return [
      `const start = writer.begin(${tag}, ${value}, ${name})`,
      `${write}(writer, ${value})`,
      'writer.end(start)',
    ]
  }
  const always = field.list || field.oneof !== undefined ? 'Always' : ''
  return [`writer.${field.kind}${always}(${tag}, ${value}, ${name})`]
}
