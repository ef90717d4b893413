// How values become bytes, and bytes values.

import { decodeUtf8 } from '@etcdkit/protocol'
import { isBytes, textToBytes } from './bytes.ts'
import { typeName } from './key.ts'
import {
  type SchemaInput,
  type SchemaOutput,
  type StandardSchema,
  validate,
} from './standard-schema.ts'

/**
 * How the values of a keyspace travel: `W` is what may be written, `V` what is read.
 *
 * Both functions are pure and may throw: what `encode` throws makes the call reject with a `TypeError` before
 * anything is sent; what `decode` throws makes `entry.value` throw an `EtcdError` with the code `decode-failed`.
 *
 * @example
 * ```ts
 * import { type Codec, Etcd } from 'etcdkit'
 *
 * const date: Codec<Date> = {
 *   encode: (value) => new TextEncoder().encode(value.toISOString()),
 *   decode: (bytes) => new Date(new TextDecoder().decode(bytes)),
 * }
 * await using etcd = new Etcd()
 * await etcd.keyspace('seen/', date).put('ann', new Date())
 * ```
 */
export interface Codec<V, W = V> {
  encode(value: W): Uint8Array
  decode(bytes: Uint8Array): V
}

/**
 * The default codec: strings, as UTF-8. Bytes may be written as well; reading what is not UTF-8 throws.
 *
 * @example
 * ```ts
 * import { Etcd, json, text } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const apps = etcd.keyspace('apps/', json())
 * const names = apps.keyspace('names/', text)
 * ```
 */
export const text: Codec<string, string | Uint8Array> = {
  encode(value) {
    if (typeof value === 'string') return textToBytes(value)
    if (isBytes(value)) return value
    throw new TypeError(`a string or a Uint8Array is wanted, not ${typeName(value)}`)
  },
  decode: (bytes) => decodeUtf8(bytes),
}

/**
 * Values as bytes. What is read is a view on the server's answer: to keep a little of a large answer, `slice()` it.
 *
 * @example
 * ```ts
 * import { bytes, Etcd } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const images = etcd.keyspace('images/', bytes)
 * await images.put('dot', new Uint8Array([0]))
 * ```
 */
export const bytes: Codec<Uint8Array> = {
  encode(value) {
    if (isBytes(value)) return value
    throw new TypeError(`a Uint8Array is wanted, not ${typeName(value)}`)
  },
  decode: (value) => value,
}

/**
 * Values as JSON. With a schema (of Zod, Valibot, ArkType, or any library that follows Standard Schema) values are
 * validated when written and when read: stored is what was given, read is what the schema makes of it.
 *
 * @example
 * ```ts
 * import { Etcd, json } from 'etcdkit'
 *
 * interface AppConfig { readonly port: number }
 *
 * await using etcd = new Etcd()
 * const apps = etcd.keyspace('apps/', json<AppConfig>())
 * await apps.put('web', { port: 8080 })
 * ```
 */
export function json<S extends StandardSchema>(schema: S): Codec<SchemaOutput<S>, SchemaInput<S>>
export function json<T = unknown>(schema?: StandardSchema<unknown, T>): Codec<T>
export function json(schema?: StandardSchema): Codec<unknown> {
  if (schema === undefined) return { encode: encodeJson, decode: decodeJson }
  if (typeof schema?.['~standard']?.validate !== 'function') {
    throw new TypeError('Cannot make a json codec: the schema does not follow Standard Schema')
  }
  return {
    encode(value) {
      validate(schema, value)
      return encodeJson(value)
    },
    decode: (value) => validate(schema, decodeJson(value)),
  }
}

function encodeJson(value: unknown): Uint8Array {
  const encoded: string | undefined = JSON.stringify(value)
  if (encoded === undefined) throw new TypeError(`JSON has no ${typeName(value)}`)
  return textToBytes(encoded)
}

function decodeJson(value: Uint8Array): unknown {
  return JSON.parse(decodeUtf8(value))
}
