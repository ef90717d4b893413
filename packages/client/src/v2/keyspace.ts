// The verbs on keys, below a prefix and with a codec.

import { headerOf } from '../http/http-client.ts'
import type { Codec } from '../v3/codec.ts'
import { inputFailure } from '../v3/failure.ts'
import { conditionOf, textOf } from './condition.ts'
import type { V2Connection } from './connection.ts'
import { cleanKey, joinKey, pathOfKey } from './key-path.ts'
import { objectOf, readEvent, type V2Action, type V2Event, type V2Node } from './node.ts'
import { setTtl } from './set-ttl.ts'
import { parseIndex, type V2Answer } from './v2-answer.ts'
import { EtcdV2Error } from './v2-error.ts'
import {
  checkCallOptions,
  checkIndex,
  checkTtl,
  encodeFields,
  type Fields,
  type V2CallOptions,
  type V2Condition,
  type V2DeleteOptions,
  type V2GetOptions,
  type V2ListOptions,
  type V2SetOptions,
  type V2UpdateOptions,
  type V2WriteOptions,
} from './verb-options.ts'
import { V2Watch } from './watch.ts'
import {
  checkWait,
  checkWatch,
  type V2ResyncWatchOptions,
  type V2WaitOptions,
  type V2WatchOptions,
} from './watch-options.ts'

/** What is answered instead of an event when `noValueOnSuccess` was asked for. */
export interface V2Acknowledgement {
  readonly action: V2Action
  readonly node: undefined
  readonly prevNode: undefined
  readonly index: number
}

/** What keyspaces of a client share. */
export interface KeyspaceParts<V, W> {
  readonly connection: V2Connection
  /** Clean. */
  readonly prefix: string
  readonly codec: Codec<V, W>
  /** Of what is written without one; -1: none. */
  readonly ttlSeconds: number
}

type NoValue = { readonly noValueOnSuccess: true }

/** A write, before its key. */
interface Write {
  /** For messages: `set`. */
  readonly verb: string
  /** The options there are. */
  readonly names: readonly string[]
  /** Default: `PUT`. */
  readonly method?: 'PUT' | 'POST'
  /** Its fields, beside those of its options. Throws on what cannot be. */
  readonly fields: () => Fields
}

const none: readonly string[] = []
const readNames = ['recursive', 'sorted', 'quorum', 'consistent']
const writeNames = ['ttlSeconds']
const setNames = ['ttlSeconds', 'noValueOnSuccess']
const updateNames = [...setNames, 'prevIndex']
const conditionNames = ['prevValue', 'prevIndex']
const swapNames = [...setNames, ...conditionNames]
const directoryNames = [...writeNames, 'exclusive']
const deleteNames = [...conditionNames, 'dir', 'recursive']

/** The keys below a prefix, their values of type `V` as read and `W` as written. */
export class V2Keyspace<V = string, W = V> {
  readonly #parts: KeyspaceParts<V, W>

  /** Made by `etcd.keyspace`. @internal */
  constructor(parts: KeyspaceParts<V, W>) {
    this.#parts = parts
  }

  /** The keys below `prefix`, which are told without it, with a codec such as `json()`. */
  keyspace(prefix: string): V2Keyspace<V, W>
  keyspace<V2, W2>(prefix: string, codec: Codec<V2, W2>): V2Keyspace<V2, W2>
  keyspace(prefix: string, codec?: Codec<unknown, never>): unknown {
    const inner = joinKey(this.#parts.prefix, cleanKey(prefix))
    return new V2Keyspace({ ...this.#parts, prefix: inner, codec: codec ?? this.#parts.codec })
  }

  /** The node of a key, or `undefined` if there is none. A directory comes with its children. */
  async get(key: string, options?: V2GetOptions): Promise<V2Node<V> | undefined> {
    try {
      return (await this.#read('get', key, options)).node
    } catch (error) {
      if (error instanceof EtcdV2Error && error.errorCode === 100) return undefined
      throw error
    }
  }

  /**
   * The children of a directory, by key; with `recursive`, each directory with its own. Rejects with an `EtcdV2Error`:
   * 100 if there is none, 104 if it is a file.
   */
  async list(key = '/', options: V2ListOptions = {}): Promise<readonly V2Node<V>[]> {
    const { answer, node } = await this.#read('list', key, { sorted: true, ...options })
    if (node.dir) return node.nodes
    throw new EtcdV2Error(`Cannot list ${JSON.stringify(key)}: Not a directory: ${node.key}`, {
      code: 'failed-precondition',
      outcome: undefined,
      endpoint: answer.endpoint,
      refusal: { errorCode: 104, cause: node.key, index: node.modifiedIndex },
      answer,
    })
  }

  /** Writes a key, whether it exists or not. Without a value it is the empty one. */
  set(
    key: string,
    value: W | undefined,
    options: V2SetOptions & NoValue,
  ): Promise<V2Acknowledgement>
  set(key: string, value?: W, options?: V2SetOptions): Promise<V2Event<V>>
  set(key: string, value?: W, options?: V2SetOptions): Promise<unknown> {
    return this.#write(key, options, {
      verb: 'set',
      names: setNames,
      fields: () => ({ value: this.#encode(value) }),
    })
  }

  /** Writes a key that does not exist; else rejects with 105. */
  create(
    key: string,
    value: W | undefined,
    options: V2SetOptions & NoValue,
  ): Promise<V2Acknowledgement>
  create(key: string, value?: W, options?: V2SetOptions): Promise<V2Event<V>>
  create(key: string, value?: W, options?: V2SetOptions): Promise<unknown> {
    return this.#write(key, options, {
      verb: 'create',
      names: setNames,
      fields: () => ({ value: this.#encode(value), prevExist: false }),
    })
  }

  /**
   * Writes a key that exists; else rejects with 100. With `prevIndex` only if that was its last change; else rejects with
   * 101. Its time to live becomes the one given, or none.
   */
  update(key: string, value: W, options: V2UpdateOptions & NoValue): Promise<V2Acknowledgement>
  update(key: string, value: W, options?: V2UpdateOptions): Promise<V2Event<V>>
  update(key: string, value: W, options?: V2UpdateOptions): Promise<unknown> {
    return this.#write(key, options, {
      verb: 'update',
      names: updateNames,
      fields: () => {
        const prevIndex = options?.prevIndex
        if (prevIndex !== undefined) checkIndex('prevIndex', prevIndex)
        return { value: this.#encode(value), prevExist: true, prevIndex }
      },
    })
  }

  /** Writes a key if its value, its index, or both are what is expected; else rejects with 101, or 100 if it does not exist. */
  compareAndSwap(
    key: string,
    value: W,
    options: V2Condition & V2SetOptions & NoValue,
  ): Promise<V2Acknowledgement>
  compareAndSwap(key: string, value: W, options: V2Condition & V2SetOptions): Promise<V2Event<V>>
  compareAndSwap(key: string, value: W, options: V2Condition & V2SetOptions): Promise<unknown> {
    return this.#write(key, options, {
      verb: 'compare and swap',
      names: swapNames,
      fields: () => ({
        value: this.#encode(value),
        prevExist: true,
        ...conditionOf(this.#parts.codec, options, true),
      }),
    })
  }

  /** Makes a directory, and those above it. An existing one rejects with 102; `exclusive`: with 105. */
  mkdir(
    key: string,
    options?: V2WriteOptions & { readonly exclusive?: boolean | undefined },
  ): Promise<V2Event<V>> {
    return this.#write(key, options, {
      verb: 'make the directory',
      names: directoryNames,
      fields: () => ({ dir: true, prevExist: options?.exclusive === true ? false : undefined }),
    }) as Promise<V2Event<V>>
  }

  /**
   * Writes a new key in a directory, after all others made so: its number is part of the answer's `node.key`. Sent once:
   * when it is not known whether it was applied, the error's `outcome` is `unknown`.
   */
  push(key: string, value?: W, options?: V2WriteOptions): Promise<V2Event<V>> {
    return this.#write(key, options, {
      verb: 'push to',
      names: writeNames,
      method: 'POST',
      fields: () => ({ value: this.#encode(value) }),
    }) as Promise<V2Event<V>>
  }

  /** Deletes a key, with a condition if one is given. Rejects with 100 if it does not exist. */
  async delete(key: string, options: V2DeleteOptions = {}): Promise<V2Event<V>> {
    const { action, path, made } = this.#target('delete', key, () => {
      checkCallOptions(options, deleteNames)
      const { dir, recursive } = options
      const condition = conditionOf(this.#parts.codec, options, false)
      const isConditional = Object.values(condition).some((each) => each !== undefined)
      if (isConditional && (dir ?? recursive) !== undefined) {
        // etcd would ignore them.
        throw new TypeError('a condition goes with neither dir nor recursive')
      }
      return { ...condition, dir, recursive }
    })
    const request = { action, method: 'DELETE', path: path + queryOf(made), options }
    return readEvent(await this.#parts.connection.send(request), this.#parts)
  }

  /** Deletes a key if its value, its index, or both are what is expected; else rejects with 101. */
  async compareAndDelete(key: string, options: V2Condition & V2CallOptions): Promise<V2Event<V>> {
    this.#target('compare and delete', key, () => {
      checkCallOptions(options, conditionNames)
      return conditionOf(this.#parts.codec, options, true)
    })
    return this.delete(key, options)
  }

  /** Deletes a directory that is empty, else rejects with 108; `recursive`: with everything in it. */
  rmdir(
    key: string,
    options: V2CallOptions & { readonly recursive?: boolean | undefined } = {},
  ): Promise<V2Event<V>> {
    return this.delete(key, { ...options, dir: true })
  }

  /**
   * Gives a key or a directory another time to live, `null`: none, and leaves its value as it is, whoever writes at the
   * same time. Watches are told. Of directories etcd 3.5 cannot: it rejects with 300.
   */
  async setTtl(
    key: string,
    ttlSeconds: number | null,
    options?: V2CallOptions,
  ): Promise<V2Event<V>> {
    const target = this.#target('set the time to live of', key, () => {
      checkCallOptions(options, none)
      if (ttlSeconds !== null) checkTtl(ttlSeconds)
    })
    const { action, path } = target
    const answer = await setTtl(this.#parts.connection, { action, path, options }, ttlSeconds)
    return readEvent(answer, this.#parts)
  }

  /** Gives a key another time to live without telling watches (etcd 2.3 and later). Rejects with 100 if it does not exist. */
  refresh(key: string, ttlSeconds: number, options?: V2CallOptions): Promise<V2Event<V>> {
    const { action, path, made } = this.#target('refresh', key, () => {
      checkCallOptions(options, none)
      checkTtl(ttlSeconds)
      return { refresh: true, prevExist: true, ttl: ttlSeconds }
    })
    return this.#parts.connection
      .send({ action, path, method: 'PUT', body: encodeFields(made), options })
      .then((answer) => readEvent(answer, this.#parts))
  }

  /**
   * The next change of a key, or the first from `waitIndex` on; `recursive`: of anything below it. Rejects with
   * `deadline-exceeded` when its time is over (`timeoutMs: 0`: never), and with 401 when the history is lost.
   */
  async wait(key: string, options: V2WaitOptions = {}): Promise<V2Event<V>> {
    const { full } = this.#checked('wait for', key, () => checkWait(options))
    const { timeoutMs = this.#parts.connection.timeoutMs, signal, ...rest } = options
    const { waitIndex: from, ...others } = rest
    await using watch = new V2Watch<V>(this.#parts, full, { ...others, from, signal, timeoutMs })
    for await (const event of watch) return event
    throw new TypeError('a watch does not end by itself')
  }

  /**
   * The changes of a key from `from` on, or from now on; `recursive`: of anything below it. None is left out: when etcd has
   * forgotten some (it keeps 1,000 of the whole store) iteration throws 401, or with `onHistoryLost: 'resync'` goes on
   * with an item of the action `resync`, which has what is there.
   */
  watch(key: string, options: V2ResyncWatchOptions): V2Watch<V, 'resync'>
  watch(key: string, options?: V2WatchOptions): V2Watch<V>
  watch(key: string, options: V2WatchOptions | V2ResyncWatchOptions = {}): unknown {
    const { full } = this.#checked('watch', key, () => checkWatch(options))
    return new V2Watch(this.#parts, full, { ...options, timeoutMs: 0 })
  }

  async #read(
    verb: string,
    key: string,
    options: V2GetOptions | undefined,
  ): Promise<{ readonly answer: V2Answer; readonly node: V2Node<V> }> {
    const isRecursive = options?.recursive === true
    const target = this.#target(verb, key, () => {
      checkCallOptions(options, readNames)
      const { recursive, sorted, quorum, consistent } = options ?? {}
      return { recursive, sorted, quorum: consistent === true ? true : quorum, consistent }
    })
    const { action, full, made: fields } = target
    const path = `${pathOfKey(full, isRecursive)}${queryOf(fields)}`
    const request = { action, method: 'GET', path, options, needsLeader: fields.quorum === true }
    const answer = await this.#parts.connection.send(request)
    return { answer, node: readEvent(answer, this.#parts).node }
  }

  async #write(
    key: string,
    options: V2SetOptions | undefined,
    { verb, names, method = 'PUT', fields }: Write,
  ): Promise<V2Event<V> | V2Acknowledgement> {
    const target = this.#target(verb, key, () => {
      checkCallOptions(options, names)
      const own = fields()
      const common = { ttl: this.#ttlOf(options), noValueOnSuccess: options?.noValueOnSuccess }
      return encodeFields(own, common)
    })
    const { action, path, made: body } = target
    const answer = await this.#parts.connection.send({ action, path, method, body, options })
    if (options?.noValueOnSuccess !== true) return readEvent(answer, this.#parts)
    const done = objectOf(answer).action as V2Action
    const index = parseIndex(headerOf(answer.headers, 'x-etcd-index')) ?? 0
    return { action: done, node: undefined, prevNode: undefined, index }
  }

  #ttlOf(options: V2WriteOptions | undefined): number | undefined {
    const { ttlSeconds = this.#parts.ttlSeconds } = options ?? {}
    if (ttlSeconds === null || ttlSeconds === -1) return undefined
    checkTtl(ttlSeconds)
    return ttlSeconds
  }

  // Without a value there is no field, and etcd writes the empty one.
  #encode(value: W | undefined): string | undefined {
    return value === undefined ? undefined : textOf(this.#parts.codec, value)
  }

  // What a request is about, and what was made of its options.
  #target<T>(verb: string, key: string, make: () => T): Target<T> {
    const { full, made } = this.#checked(verb, key, make)
    return { action: `${verb} ${JSON.stringify(key)}`, full, path: pathOfKey(full), made }
  }

  // The full key, and what `make` makes, whose errors tell of what.
  #checked<T>(
    verb: string,
    key: string,
    make: () => T,
  ): { readonly full: string; readonly made: T } {
    try {
      const full = joinKey(this.#parts.prefix, cleanKey(key))
      return { full, made: make() }
    } catch (error) {
      const what = typeof key === 'string' ? JSON.stringify(key) : 'a key'
      throw inputFailure(`${verb} ${what}`, error)
    }
  }
}

interface Target<T> {
  readonly action: string
  readonly full: string
  readonly path: string
  readonly made: T
}

function queryOf(fields: Fields): string {
  const query = encodeFields(fields)
  return query === '' ? '' : `?${query}`
}
