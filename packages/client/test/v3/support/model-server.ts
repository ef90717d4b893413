// A server of watches that keeps to etcd's rules and is otherwise as awkward as a test wants it.

import type { WatchCreateRequest } from '@etcdkit/protocol'
import type { ScriptedStream, ScriptedTransport } from './scripted-transport.ts'
import { lost } from './watch-server.ts'

/** A watch on a stream. */
interface Made {
  readonly stream: ScriptedStream
  readonly watchId: number
  /** The first revision that was not told. */
  next: number
}

interface Change {
  readonly revision: number
  readonly keys: readonly string[]
}

/** How to tell what happened. */
export interface Telling {
  /** How many revisions at a time. */
  readonly limit: number
  /** How many events to a fragment, if it is to be cut. */
  readonly size?: number | undefined
  /** Break the stream after so many fragments. */
  readonly cutAfter?: number | undefined
}

const bytesOf = (key: string): Uint8Array => new TextEncoder().encode(key)

/** One store, seen through all streams of a transport. Nothing is told before `tell`. */
export class ModelServer {
  readonly #transport: ScriptedTransport
  readonly #changes: Change[] = []
  readonly #state = new Map<string, number>()
  readonly #heard = new Map<ScriptedStream, number>()
  #made: Made[] = []
  #calls = 0
  revision = 1
  compactRevision = 0

  constructor(transport: ScriptedTransport) {
    this.#transport = transport
  }

  /** What every key was last written at. */
  get state(): ReadonlyMap<string, number> {
    return this.#state
  }

  /** Everything that happened from a revision on: each key that was written, in order. */
  changesFrom(revision: number): string[] {
    return this.#changes
      .filter((change) => change.revision >= revision)
      .flatMap((change) => change.keys.map((key) => `${key}@${change.revision}`))
  }

  /** Writes all of `keys` in one transaction. */
  write(keys: readonly string[]): void {
    this.revision += 1
    this.#changes.push({ revision: this.revision, keys })
    for (const key of keys) this.#state.set(key, this.revision)
  }

  /** Forgets what was before the newest revision. */
  compact(): void {
    this.compactRevision = this.revision
  }

  /** Breaks every stream. */
  async cut(): Promise<void> {
    this.#made = []
    for (const stream of this.#transport.streams) if (!stream.isOver) await stream.fail(lost())
  }

  /** Answers what was asked, and tells each watch what it was not told. */
  async tell(how: Telling): Promise<void> {
    this.#answerReads()
    for (const stream of this.#transport.streams) await this.#hear(stream)
    this.#made = this.#made.filter(({ stream }) => !stream.isOver)
    for (const made of [...this.#made]) await this.#tellOne(made, how)
  }

  #answerReads(): void {
    for (const call of this.#transport.calls.slice(this.#calls)) {
      const kvs = [...this.#state].sort().map(([key, revision]) => keyValue(key, revision))
      call.answer({ header: { revision: this.revision }, kvs, count: kvs.length })
    }
    this.#calls = this.#transport.calls.length
  }

  async #hear(stream: ScriptedStream): Promise<void> {
    const heard = this.#heard.get(stream) ?? 0
    this.#heard.set(stream, stream.sent.length)
    for (const { createRequest, cancelRequest } of stream.sent.slice(heard)) {
      // Decoded by the method of the stream.
      if (createRequest) await this.#make(stream, createRequest as WatchCreateRequest)
      else if (cancelRequest) await this.#cancel(stream, cancelRequest as { watchId: number })
    }
  }

  async #make(stream: ScriptedStream, request: WatchCreateRequest): Promise<void> {
    const { watchId, startRevision } = request
    this.#made.push({ stream, watchId, next: startRevision || this.revision + 1 })
    await stream.push({ watchId, created: true, header: { revision: this.revision } })
  }

  async #cancel(stream: ScriptedStream, { watchId }: { watchId: number }): Promise<void> {
    const left = this.#made.filter((made) => made.stream !== stream || made.watchId !== watchId)
    if (left.length === this.#made.length) return
    this.#made = left
    await stream.push({ watchId, canceled: true, header: { revision: this.revision } })
  }

  async #tellOne(made: Made, how: Telling): Promise<void> {
    const { stream, watchId } = made
    if (made.next < this.compactRevision) {
      this.#made = this.#made.filter((other) => other !== made)
      await stream.push({ watchId, canceled: true, compactRevision: this.compactRevision })
      return
    }
    const told = this.#changes.filter(({ revision }) => revision >= made.next).slice(0, how.limit)
    made.next = Math.max(made.next, (told.at(-1)?.revision ?? 0) + 1)
    const events = told.flatMap(({ revision, keys }) => keys.map((key) => put(key, revision)))
    const { size = Math.max(events.length, 1), cutAfter = Number.POSITIVE_INFINITY } = how
    for (let start = 0; start < events.length; start += size) {
      if (start >= size * cutAfter) await stream.fail(lost())
      const fragment = start + size < events.length
      // The store's revision, not the watch's.
      const header = { revision: this.revision }
      await stream.push({ watchId, header, events: events.slice(start, start + size), fragment })
    }
  }
}

function keyValue(key: string, revision: number): object {
  return { key: bytesOf(key), modRevision: revision, createRevision: revision, version: 1 }
}

function put(key: string, revision: number): object {
  return { type: 0, kv: keyValue(key, revision) }
}
