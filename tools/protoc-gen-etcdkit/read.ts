// The binary form, in. A message is read on top of another (its `base`), because a message that comes in two parts is
// the sum of both.

import { internal } from './doc.ts'
import { isOptional, messageOf, valueType } from './field.ts'
import type { Imports } from './imports.ts'
import type { FieldModel, MessageModel } from './model.ts'
import { binaryLines, tagOf } from './write.ts'

/** The function that reads a message up to the reader's limit. */
export function readLines(model: MessageModel, imports: Imports): string[] {
  const { name, fields, recursive } = model
  const reader = imports.type('Reader', '../wire/reader.ts')
  if (fields.length === 0) {
    return [
      internal,
      `export function read${name}(reader: ${reader}, base: ${name} = empty${name}): ${name} {`,
      '  while (reader.more()) reader.skip(reader.tag())',
      '  return base',
      '}',
      '',
    ]
  }
  const body = [
    ...viewLines(model, imports),
    ...(recursive ? ['reader.descend()'] : []),
    ...fields.map((field) => declaration(field, imports)),
    'while (reader.more()) {',
    '  const tag = reader.tag()',
    '  switch (tag) {',
    ...fields.flatMap((field) => caseLines(field, fields, imports).map((line) => `    ${line}`)),
    '    default:',
    '      reader.skip(tag)',
    '  }',
    '}',
    ...(recursive ? ['reader.ascend()'] : []),
    `return { ${fields.map(({ jsonName }) => jsonName).join(', ')} }`,
  ]
  return [
    internal,
    `export function read${name}(reader: ${reader}, base: ${name} = empty${name}): ${name} {`,
    ...binaryLines(body),
    '}',
    '',
  ]
}

// The one message that answers have by the thousand.
function viewLines({ name, typeName }: MessageModel, imports: Imports): string[] {
  if (typeName !== 'mvccpb.KeyValue') return []
  const view = imports.value('KeyValueView', '../key-value-view.ts')
  return [`if (reader.hasViews && base === empty${name}) return new ${view}(reader)`]
}

function declaration(field: FieldModel, imports: Imports): string {
  const { jsonName } = field
  const type = valueType(field, imports)
  if (field.list) {
    return `const ${jsonName}: ${type}[] = base.${jsonName}.length === 0 ? [] : [...base.${jsonName}]`
  }
  const annotation =
    isOptional(field) || field.kind === 'enum'
      ? `: ${type}${isOptional(field) ? ' | undefined' : ''}`
      : ''
  return `let ${jsonName}${annotation} = base.${jsonName}`
}

function caseLines(field: FieldModel, fields: readonly FieldModel[], imports: Imports): string[] {
  const others = fields.filter(
    (other) => field.oneof !== undefined && other.oneof === field.oneof && other !== field,
  )
  const clearing = others.map(({ jsonName }) => `  ${jsonName} = undefined`)
  const tag = tagOf(field)
  if (field.list && field.kind === 'enum') {
    return [
      `case ${tag}:`,
      `  reader.packedEnums(${field.jsonName})`,
      '  break',
      `case ${field.number << 3}:`,
      `  ${field.jsonName}.push(reader.enum())`,
      '  break',
    ]
  }
  if (field.kind === 'message') {
    const read = messageOf(
      field,
      (name, module) => imports.value(name, module),
      (name) => `read${name}`,
    )
    const store = field.list
      ? `${field.jsonName}.push(${read}(reader))`
      : `${field.jsonName} = ${read}(reader, ${field.jsonName})`
    return [
      `case ${tag}: {`,
      '  const limit = reader.enter()',
      `  ${store}`,
      '  reader.limit = limit',
      ...clearing,
      '  break',
      '}',
    ]
  }
  const value = `reader.${field.kind}()`
  const store = field.list ? `${field.jsonName}.push(${value})` : `${field.jsonName} = ${value}`
  return [`case ${tag}:`, `  ${store}`, ...clearing, '  break']
}
