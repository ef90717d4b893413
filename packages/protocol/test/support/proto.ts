// The .proto files as protobufjs understands them: the independent view that the generated code is held against.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { JsonObject, JsonValue, MessageInit, Writer } from '@etcdkit/protocol'
import * as protocol from '@etcdkit/protocol'
import protobufjs from 'protobufjs'

const folder = fileURLToPath(new URL('../../proto', import.meta.url))

/** A message type whose messages this code knows nothing of. */
export interface AnyMessageType {
  readonly typeName: string
  readonly retainsBytes: boolean
  create(init?: MessageInit<object>): object
  encode(message: object): Uint8Array
  write(writer: Writer, message: object): void
  decode(bytes: Uint8Array): object
  toJson(message: object): JsonObject
  fromJson(json: JsonValue): object
}

/** A message type beside the peer's. */
export interface TypePair {
  readonly name: string
  readonly ours: AnyMessageType
  readonly peer: protobufjs.Type
}

/** Every .proto file's path from the proto folder. */
export const protoFiles: readonly string[] = readdirSync(folder, { recursive: true })
  .map(String)
  .filter((path) => path.endsWith('.proto'))
  .sort()

/** All .proto files, with the names they have there. */
export const root: protobufjs.Root = load()

function load(): protobufjs.Root {
  const made = new protobufjs.Root()
  made.resolvePath = (_origin, target) =>
    target.startsWith('google/')
      ? fileURLToPath(import.meta.resolve(`protobufjs/${target}`))
      : join(folder, target)
  made.loadSync([...protoFiles], { keepCase: true })
  made.resolveAll()
  return made
}

/** All things below a namespace that are of etcd. */
function* below(space: protobufjs.NamespaceBase): Iterable<protobufjs.ReflectionObject> {
  for (const child of space.nestedArray) {
    if (child.name === 'google' || child.name === 'etcdkit') continue
    yield child
    if (child instanceof protobufjs.Namespace || child instanceof protobufjs.Type) {
      yield* below(child)
    }
  }
}

/** Everything the .proto files define. */
export const definitions: readonly protobufjs.ReflectionObject[] = [...below(root)]

/** Every message type. */
export const typePairs: readonly TypePair[] = definitions
  .filter((definition) => definition instanceof protobufjs.Type)
  .map((peer) => {
    const exported = (protocol as unknown as Readonly<Record<string, AnyMessageType | undefined>>)[
      peer.name
    ]
    if (exported === undefined) throw new Error(`${peer.fullName} is not exported`)
    return { name: peer.fullName.slice(1), ours: exported, peer }
  })

/** The JSON name of a field (protobuf's rule: each underscore goes, and what follows it is in upper case). */
export function jsonNameOf(field: protobufjs.Field): string {
  return field.name.replace(/_(.)/g, (_, next: string) => next.toUpperCase())
}

/** Whether a 64-bit field is text here. */
export function isText(field: protobufjs.Field): boolean {
  return field.options?.jstype === 'JS_STRING'
}
