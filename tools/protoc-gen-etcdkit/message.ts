// Messages: the interface, its codecs, and the table for what is not generated.

import { docLines, internal } from './doc.ts'
import { defaultValue, enumOf, isOptional, messageOf, tableName, valueType } from './field.ts'
import type { Imports } from './imports.ts'
import type { FieldModel, MessageModel } from './model.ts'
import { readLines } from './read.ts'
import { writeLines } from './write.ts'

/** The code of a message. */
export function messageLines(model: MessageModel, imports: Imports): string[] {
  return [
    ...interfaceLines(model, imports),
    ...tableLines(model, imports),
    ...typeLines(model, imports),
    ...createLines(model, imports),
    `const empty${model.name}: ${model.name} = /* @__PURE__ */ create${model.name}()`,
    '',
    ...writeLines(model, imports),
    ...readLines(model, imports),
  ]
}

function interfaceLines(model: MessageModel, imports: Imports): string[] {
  const doc = docLines(model.comment)
  // An empty interface would take any object.
  if (model.fields.length === 0) {
    return [...doc, `export type ${model.name} = Record<string, never>`, '']
  }
  const fields = model.fields.flatMap((field) => {
    const type = valueType(field, imports)
    const whole = field.list
      ? `readonly ${type}[]`
      : isOptional(field)
        ? `${type} | undefined`
        : type
    return [...docLines(field.comment, '  '), `  readonly ${field.jsonName}: ${whole}`]
  })
  return [...doc, `export interface ${model.name} {`, ...fields, '}', '']
}

function typeLines({ name, typeName, retainsBytes }: MessageModel, imports: Imports): string[] {
  const type = imports.type('MessageType', '../message.ts')
  const make = imports.value('messageType', '../codec.ts')
  const parts = [
    `table: ${tableName(name)}`,
    `create: create${name}`,
    `write: write${name}`,
    `read: read${name}`,
    `retainsBytes: ${retainsBytes}`,
  ]
  return [
    `/** The codecs of {@link ${name}} (\`${typeName}\`). */`,
    `export const ${name}: ${type}<${name}> = /* @__PURE__ */ ${make}({`,
    ...parts.map((part) => `  ${part},`),
    '})',
    '',
  ]
}

function createLines(model: MessageModel, imports: Imports): string[] {
  const { name, fields } = model
  const init = imports.type('MessageInit', '../message.ts')
  if (fields.length === 0) {
    return [
      internal,
      `export function create${name}(_init?: ${init}<${name}>): ${name} {`,
      '  return {}',
      '}',
      '',
    ]
  }
  return [
    internal,
    `export function create${name}(init?: ${init}<${name}>): ${name} {`,
    '  return {',
    ...fields.map((field) => `    ${field.jsonName}: ${createValue(field, imports)},`),
    '  }',
    '}',
    '',
  ]
}

function createValue(field: FieldModel, imports: Imports): string {
  const given = `init?.${field.jsonName}`
  const absent = defaultValue(field, imports)
  if (field.kind !== 'message') {
    if (field.list) return `${given} === undefined ? [] : [...init.${field.jsonName}]`
    return isOptional(field) ? given : `${given} ?? ${absent}`
  }
  const create = messageOf(
    field,
    (name, module) => imports.value(name, module),
    (name) => `create${name}`,
  )
  const made = field.list
    ? `init.${field.jsonName}.map((item) => ${create}(item))`
    : `${create}(init.${field.jsonName})`
  return `${given} === undefined ? ${absent} : ${made}`
}

function tableLines({ name, typeName, fields }: MessageModel, imports: Imports): string[] {
  const type = imports.type('MessageTable', '../table.ts')
  return [
    internal,
    `export const ${tableName(name)}: ${type} = {`,
    `  typeName: '${typeName}',`,
    fields.length === 0 ? '  fields: [],' : '  fields: [',
    ...fields.map((field) => `    { ${tableEntries(field, imports).join(', ')} },`),
    ...(fields.length === 0 ? [] : ['  ],']),
    `  create: () => create${name}(),`,
    '}',
    '',
  ]
}

function tableEntries(field: FieldModel, imports: Imports): string[] {
  const entries = [
    `number: ${field.number}`,
    ...(field.name === field.jsonName ? [] : [`name: '${field.name}'`]),
    `jsonName: '${field.jsonName}'`,
    `kind: '${field.kind}'`,
  ]
  if (field.list) entries.push('list: true')
  if (field.oneof !== undefined) entries.push(`oneof: '${field.oneof}'`)
  if (field.kind === 'enum') entries.push(`values: ${enumOf(field, imports)}`)
  if (field.kind === 'message') {
    entries.push(`message: () => ${messageOf(field, (n, m) => imports.value(n, m), tableName)}`)
  }
  return entries
}
