// What makes codecs of generated code. The build for browsers drops the statements labelled BINARY, here and there.

import { fromJson } from './json-decode.ts'
import { toJson } from './json-encode.ts'
import { locateError } from './locate-error.ts'
import type { JsonObject, JsonReadOptions, JsonValue, MessageInit, MessageType } from './message.ts'
import type { Method } from './method.ts'
import type { MessageTable } from './table.ts'
import { Reader } from './wire/reader.ts'
import { Writer } from './wire/writer.ts'

/** A writer that has grown beyond this many bytes is not kept. */
const keptCapacity = 65536

let idle: Writer | undefined

/** What is generated of a message. */
export interface MessageParts<T extends object> {
  readonly table: MessageTable
  readonly create: (init?: MessageInit<T>) => T
  readonly write: (writer: Writer, message: MessageInit<T>) => void
  readonly read: (reader: Reader) => T
  readonly retainsBytes: boolean
}

/** The codecs of a message. */
export function messageType<T extends object>(parts: MessageParts<T>): MessageType<T> {
  return new GeneratedType(parts)
}

/**
 * `method`, with a `KeyValueView` for each `KeyValue` of answers in the binary form. They are read faster, and are no
 * plain objects: for those who know them, not for callers.
 */
export function withViews<M extends Method>(method: M): M {
  const { output } = method
  BINARY: if (output instanceof GeneratedType) return { ...method, output: output.withViews() }
  return method
}

class GeneratedType<T extends object> implements MessageType<T> {
  readonly typeName: string
  readonly retainsBytes: boolean
  readonly create: (init?: MessageInit<T>) => T
  readonly write: (writer: Writer, message: MessageInit<T>) => void
  readonly #parts: MessageParts<T>
  readonly #hasViews: boolean

  constructor(parts: MessageParts<T>, hasViews = false) {
    const { table, create, write, retainsBytes } = parts
    this.typeName = table.typeName
    this.retainsBytes = retainsBytes
    this.create = create
    this.write = noBinary
    BINARY: this.write = write
    this.#parts = parts
    this.#hasViews = hasViews
  }

  /** The same, with views in what it decodes. */
  withViews(): MessageType<T> {
    return new GeneratedType(this.#parts, true)
  }

  encode(message: MessageInit<T>): Uint8Array {
    let bytes: Uint8Array | undefined
    BINARY: bytes = encodeWith(this.write, message)
    return bytes ?? noBinary()
  }

  decode(bytes: Uint8Array): T {
    let message: T | undefined
    BINARY: message = decodeWith(this.#parts, bytes, this.#hasViews)
    return message ?? noBinary()
  }

  toJson(message: MessageInit<T>): JsonObject {
    return toJson(this.#parts.table, message)
  }

  fromJson(json: JsonValue, options?: JsonReadOptions): T {
    // The table is that of this message.
    return fromJson(this.#parts.table, json, options) as T
  }
}

function encodeWith<T>(write: (writer: Writer, message: T) => void, message: T): Uint8Array {
  const writer = takeWriter()
  write(writer, message)
  return finishWriter(writer)
}

function decodeWith<T extends object>(
  { table, read }: MessageParts<T>,
  bytes: Uint8Array,
  hasViews: boolean,
): T {
  const reader = new Reader(bytes, hasViews)
  try {
    return read(reader)
  } catch (error) {
    throw locateError(error, table, bytes)
  }
}

/** A writer with nothing in it, to be given back by `finishWriter`. */
function takeWriter(): Writer {
  const writer = idle ?? new Writer()
  // An encode may run inside another, through a getter: it gets a writer of its own.
  idle = undefined
  return writer
}

/** What `writer` holds, as bytes of their own; takes the writer back. */
function finishWriter(writer: Writer): Uint8Array {
  const bytes = writer.copy()
  if (writer.capacity <= keptCapacity) {
    writer.reset()
    idle = writer
  }
  return bytes
}

/** Stands for the binary form in the build that does without it. */
function noBinary(): never {
  throw new TypeError('Cannot use the binary form of messages: browsers have JSON alone')
}

/** Refuses a oneof of which more than one member is set; `name` is its full name. */
export function assertOneMember(count: number, name: string): void {
  if (count > 1) throw new TypeError(`Cannot encode ${name}: more than one member is set`)
}
