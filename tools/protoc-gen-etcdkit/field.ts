// What a field is called and looks like in TypeScript.

import { type Imports, messageModule } from './imports.ts'
import { enumName, type FieldModel } from './model.ts'

/** The TypeScript type of one value of a field. */
export function valueType(field: FieldModel, imports: Imports): string {
  switch (field.kind) {
    case 'bytes':
      return 'Uint8Array'
    case 'bool':
      return 'boolean'
    case 'string':
    case 'int64Text':
    case 'uint64Text':
      return 'string'
    case 'uint32':
    case 'int64':
    case 'uint64':
      return 'number'
    case 'enum':
      return enumOf(field, imports)
    case 'message':
      return messageOf(field, (name, module) => imports.type(name, module))
  }
}

/** Whether a field can be absent. */
export function isOptional(field: FieldModel): boolean {
  return !field.list && (field.kind === 'message' || field.oneof !== undefined)
}

/** What an absent field holds. */
export function defaultValue(field: FieldModel, imports: Imports): string {
  if (field.list) return '[]'
  if (isOptional(field)) return 'undefined'
  switch (field.kind) {
    case 'bytes':
      return imports.value('noBytes', '../wire/bytes.ts')
    case 'bool':
      return 'false'
    case 'string':
      return "''"
    case 'int64Text':
    case 'uint64Text':
      return "'0'"
    default:
      return '0'
  }
}

/** Something of the message a field holds, found where `find` gets it from. */
export function messageOf(
  field: FieldModel,
  find: (name: string, module: string) => string,
  naming: (name: string) => string = (name) => name,
): string {
  if (field.message === undefined) throw new Error(`${field.name} is not a message`)
  return find(naming(field.message.name), messageModule(field.message.file))
}

/** Name of a message's table. */
export function tableName(name: string): string {
  return `${name.charAt(0).toLowerCase()}${name.slice(1)}Table`
}

/** The enum a field holds. */
export function enumOf(field: FieldModel, imports: Imports): string {
  if (field.enum === undefined) throw new Error(`${field.name} is not an enum`)
  return imports.value(enumName(field.enum), messageModule(field.enum.file))
}
