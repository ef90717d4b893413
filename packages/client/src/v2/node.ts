// Nodes and events as callers see them, and how they are read out of etcd's JSON.

import { EtcdError, encodeUtf8, type JsonObject, type JsonValue } from '@etcdkit/protocol'
import { headerOf } from '../http/http-client.ts'
import { isObject, parseJson } from '../transport/gateway/answer-status.ts'
import { type Codec, text } from '../v3/codec.ts'
import { relativeKey } from './key-path.ts'
import { parseIndex, type V2Answer } from './v2-answer.ts'

interface NodeBase {
  /** From the root of the keyspace, with its slash: `/apps/web`. The root itself is `/`. */
  readonly key: string
  /** The index of its last change. 0: the root. */
  readonly modifiedIndex: number
  /** The index it was created at. */
  readonly createdIndex: number
  /** Seconds left when the answer was made; `undefined` without a time to live. */
  readonly ttlSeconds: number | undefined
  /** When it is removed; `undefined` without a time to live. */
  readonly expiration: Date | undefined
}

/** A key with a value. */
export interface V2File<V> extends NodeBase {
  readonly dir: false
  /**
   * The value. Reading it throws an `EtcdError` with the code `decode-failed` if the codec does not take it. Deleted and
   * expired keys have none.
   */
  readonly value: V | undefined
  readonly nodes: undefined
}

/** A directory. */
export interface V2Directory<V> extends NodeBase {
  readonly dir: true
  readonly value: undefined
  /** Its children, those that begin with `_` left out. Empty where they were not asked for. */
  readonly nodes: readonly V2Node<V>[]
}

/** A file or a directory, told by `dir`. */
export type V2Node<V = string> = V2File<V> | V2Directory<V>

/** What happened to a key. */
export type V2Action =
  | 'set'
  | 'create'
  | 'update'
  | 'compareAndSwap'
  | 'compareAndDelete'
  | 'delete'
  | 'expire'

/** A change: of one's own, as the answer to a write, or of anybody's, by a watch. */
export interface V2Event<V = string> {
  readonly action: V2Action
  readonly node: V2Node<V>
  /** What was there before; `undefined` if nothing was. */
  readonly prevNode: V2Node<V> | undefined
  /** The store's index: for a write, that of the write. */
  readonly index: number
}

/** How the nodes of an answer are read. */
export interface Reader<V> {
  /** The clean prefix that keys are told without. */
  readonly prefix: string
  readonly codec: Codec<V, never>
}

/** The event in an answer. Throws an `EtcdError` on what is none. */
export function readEvent<V>(answer: V2Answer, reader: Reader<V>): V2Event<V> {
  return eventOf(objectOf(answer), reader, answer)
}

/** The event in a line of a wait or a stream. */
export function readLine<V>(line: string, reader: Reader<V>, answer: V2Answer): V2Event<V> {
  return eventOf(objectOf({ ...answer, text: line }), reader, answer, true)
}

function eventOf<V>(
  json: JsonObject,
  reader: Reader<V>,
  answer: V2Answer,
  isLine = false,
): V2Event<V> {
  const { action, node, prevNode } = json
  if (typeof action !== 'string' || !isObject(node)) throw notV2(answer)
  const read = readNode(node, reader, answer)
  const told = isLine ? undefined : parseIndex(headerOf(answer.headers, 'x-etcd-index'))
  return {
    // A newer etcd may have others, which are then told as they are.
    action: action as V2Action,
    node: read,
    prevNode: isObject(prevNode) ? readNode(prevNode, reader, answer) : undefined,
    index: told ?? read.modifiedIndex,
  }
}

/** The object in an answer. */
export function objectOf(answer: V2Answer): JsonObject {
  const json = parseJson(answer.text)
  if (!isObject(json)) throw notV2(answer)
  return json
}

/** The answer is not what the v2 API says. */
export function notV2({ endpoint, status }: V2Answer): EtcdError {
  return new EtcdError(`an answer that is not the v2 API's (HTTP ${status}) from ${endpoint}`, {
    code: 'protocol-error',
    endpoint,
  })
}

function readNode<V>(json: JsonObject, reader: Reader<V>, answer: V2Answer): V2Node<V> {
  // The root has no key, and 0 is left out.
  const { key = '/', modifiedIndex = 0, createdIndex = 0, ttl, expiration, value, nodes } = json
  if (!isIndex(modifiedIndex) || !isIndex(createdIndex) || typeof key !== 'string') {
    throw notV2(answer)
  }
  const { prefix, codec } = reader
  // Field by field: an answer may have many nodes, and to spread one object into another takes as long as all the rest.
  const node = {
    key: relativeKey(prefix, key),
    modifiedIndex,
    createdIndex,
    ttlSeconds: typeof ttl === 'number' ? ttl : undefined,
    expiration: typeof expiration === 'string' ? new Date(expiration) : undefined,
    dir: json.dir === true,
    // What the codec of text would read, without the way there and back.
    value: isText(codec) && typeof value === 'string' ? value : undefined,
    nodes: undefined as readonly V2Node<V>[] | undefined,
  }
  if (node.dir) {
    const children = Array.isArray(nodes) ? nodes : []
    node.value = undefined
    node.nodes = children.filter(isObject).map((child) => readNode(child, reader, answer))
  } else if (typeof value === 'string' && !isText(codec)) {
    // Decoded when it is read: one value that cannot be is no reason to lose sight of the others.
    const get = (): V => decode(value, codec, key)
    Object.defineProperty(node, 'value', { get, enumerable: true, configurable: true })
  }
  // `dir` tells which of the two it is.
  return node as V2Node<V>
}

function isText(codec: Codec<unknown, never>): boolean {
  return (codec as unknown) === text
}

function decode<V>(value: string, codec: Codec<V, never>, key: string): V {
  try {
    return codec.decode(encodeUtf8(value))
  } catch (cause) {
    const fact = cause instanceof Error ? cause.message : String(cause)
    const message = `Cannot decode the value of ${JSON.stringify(key)}: ${fact}`
    throw new EtcdError(message, { code: 'decode-failed', cause })
  }
}

function isIndex(value: JsonValue): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value)
}
