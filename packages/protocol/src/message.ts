// What every generated message offers: its shape, its two codecs, and the looser shape that goes in.

import type { Writer } from './wire/writer.ts'

/** A JSON value as `JSON.parse` gives it. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue }

/** A JSON object as `JSON.parse` gives it. */
export type JsonObject = { readonly [key: string]: JsonValue }

/** How JSON is read. */
export interface JsonReadOptions {
  /**
   * What to do with the name of an enum's value that is not known here: `refuse` it, or `ignore` it as an unknown field
   * is, which is what etcd does. Default: `refuse`.
   */
  readonly unknownEnumNames?: 'refuse' | 'ignore' | undefined
}

/** What may be given where a message is wanted: every field optional, at every depth. */
export type MessageInit<T> = T extends Uint8Array | string | number | boolean
  ? T
  : T extends readonly (infer U)[]
    ? readonly MessageInit<U>[]
    : T extends object
      ? { readonly [K in keyof T]?: MessageInit<T[K]> | undefined }
      : T

/**
 * A generated message type: plain functions over plain objects.
 *
 * Field names are protobuf's JSON names (`rangeEnd`, `ID`, `TTL`). Scalars, bytes and lists are always present after
 * `decode`; messages and oneof members are `undefined` when absent.
 *
 * Bundles for browsers (the condition `browser`) have the JSON form alone: `encode`, `write` and `decode` throw there.
 */
export interface MessageType<T extends object> {
  /** The full protobuf name, for example `etcdserverpb.PutRequest`. */
  readonly typeName: string
  /** Whether a decoded message may hold views on the bytes it was decoded from. */
  readonly retainsBytes: boolean
  /** A complete message, absent fields at their defaults. */
  create(init?: MessageInit<T>): T
  /** The binary form, in bytes of its own. Throws `TypeError`/`RangeError` on a value its field cannot carry. */
  encode(message: MessageInit<T>): Uint8Array
  /** Appends the binary form to `writer`. */
  write(writer: Writer, message: MessageInit<T>): void
  /**
   * Reads the binary form. Bytes fields are views on `bytes`, not copies. Unknown fields are skipped.
   * Throws `DecodeError` naming the field and the offset on anything malformed.
   */
  decode(bytes: Uint8Array): T
  /** The JSON form etcd's gateway reads: proto field names, 64-bit integers as strings, bytes as base64. */
  toJson(message: MessageInit<T>): JsonObject
  /**
   * Reads the gateway's JSON, either spelling of the field names. Integers that no number can carry may come as `bigint`
   * from parsers that keep them. Throws `DecodeError` naming the path.
   */
  fromJson(json: JsonValue, options?: JsonReadOptions): T
}
