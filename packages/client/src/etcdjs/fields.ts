// What keys, values and options become in a request, and values in an answer.

import type { JsonValue } from '@etcdkit/protocol'
import { isObject } from '../transport/gateway/answer-status.ts'
import { cleanKey, pathOfKey } from '../v2/key-path.ts'
import { encodeFields, type Fields } from '../v2/verb-options.ts'
import type { EtcdjsGetOptions } from './etcdjs-options.ts'
import type { Wait } from './wait.ts'

/** What a read or a wait asks for. */
export function waitOf(
  key: string,
  { recursive, sorted, consistent, waitIndex }: EtcdjsGetOptions,
  signal: AbortSignal,
): Wait {
  const fields = {
    recursive: flag(recursive),
    sorted: flag(sorted),
    consistent: flag(consistent),
  }
  return { path: pathOf(key), fields, waitIndex: waitIndex ?? undefined, signal }
}

/** The path of a key. Escapes in it stay as they are: `etcdjs` escapes nothing, so that its users do it themselves. */
export function pathOf(key: string): string {
  const path = pathOfKey(cleanKey(typeof key === 'number' ? String(key) : key))
  return path.replace(/%25([0-9a-f]{2})/gi, '%$1')
}

/** Sent only if it is set. */
export function flag(value: boolean | undefined): true | undefined {
  return value ? true : undefined
}

/** A value as it is stored; `undefined` if there is none. Throws `TypeError` on what is no text. */
export function textOf(value: unknown, json: boolean): string | undefined {
  if (json) return JSON.stringify(value)
  if (value === undefined || value === null) return undefined
  if (value instanceof Uint8Array) return new TextDecoder().decode(value)
  if (/^(?:object|function|symbol)$/.test(typeof value)) {
    throw new TypeError(`a value must be a text, or the option json given, not ${typeof value}`)
  }
  return String(value)
}

/** Fields as they are sent. Throws `TypeError` on what has no bytes in UTF-8. */
export function formOf(fields: Fields): string {
  try {
    return encodeFields(fields)
  } catch (cause) {
    throw new TypeError('values must be well-formed Unicode', { cause })
  }
}

/** Replaces the values of a node and all below it by what they are as JSON. */
export function parseValues(node: JsonValue | undefined): void {
  if (!isObject(node)) return
  // The answer is nobody else's.
  const own = node as { value?: unknown; nodes?: JsonValue[] }
  if (typeof own.value === 'string') own.value = JSON.parse(own.value)
  if (Array.isArray(own.nodes)) own.nodes.forEach(parseValues)
}
