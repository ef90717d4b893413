// JSON from clients, read as Go reads it: names in any case, `null` for what was not given, types checked.

import { firstValueOf, syntaxErrorOf } from './json-syntax.ts'

/** What of a JSON body does not fit. */
export class JsonInputError extends Error {
  override readonly name = 'JsonInputError'
}

/** A JSON object, its fields still to be read. */
export interface JsonObject {
  /** A text; empty if there is none. Throws `JsonInputError` if it is something else. */
  text(name: string): string
  /** A list of texts; `null` if there is none. Throws `JsonInputError` if it is something else. */
  texts(name: string): readonly string[] | null
  /** An object; `undefined` if there is none. Throws `JsonInputError` if it is something else. */
  object(name: string): JsonObject | undefined
}

/** The object in a whole text; `type` is what Go calls it. Throws `JsonInputError`, in Go's words where the text is no JSON. */
export function parseJsonText(text: string, type = 'struct'): JsonObject {
  const fault = syntaxErrorOf(text)
  if (fault !== undefined) throw new JsonInputError(fault)
  return jsonObject(JSON.parse(text), type)
}

/** The object that a stream of values begins with; what follows is not looked at. Throws `JsonInputError`. */
export function parseFirstJson(text: string): JsonObject {
  const first = firstValueOf(text)
  if (first === undefined) throw new JsonInputError('no value')
  return jsonObject(JSON.parse(first))
}

function jsonObject(value: unknown, type = 'struct'): JsonObject {
  const fields = fieldsOf(value, type)
  return {
    text: (name) => readText(find(fields, name), name) ?? '',
    texts(name) {
      const list = find(fields, name)
      if (list === undefined || list === null) return null
      if (!Array.isArray(list)) throw mismatch(list, name, '[]string')
      return list.map((each: unknown) => readText(each, name) ?? '')
    },
    object(name) {
      const inner = find(fields, name)
      return inner === undefined || inner === null ? undefined : jsonObject(inner)
    },
  }
}

type Fields = readonly (readonly [string, unknown])[]

function fieldsOf(value: unknown, type: string): Fields {
  if (value === null) return []
  if (typeof value === 'object' && !Array.isArray(value)) return Object.entries(value)
  throw new JsonInputError(`json: cannot unmarshal ${kindOf(value)} into Go value of type ${type}`)
}

/** The last of that name, in whatever case. */
function find(fields: Fields, name: string): unknown {
  return fields.findLast(([each]) => each.toLowerCase() === name.toLowerCase())?.[1]
}

function readText(value: unknown, name: string): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  throw mismatch(value, name, 'string')
}

function mismatch(value: unknown, name: string, type: string): JsonInputError {
  return new JsonInputError(
    `json: cannot unmarshal ${kindOf(value)} into Go struct field .${name} of type ${type}`,
  )
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}
