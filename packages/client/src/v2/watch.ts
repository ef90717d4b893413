// A watch: polls, each from one index after the last event, or streams that are opened again from there.

import { EtcdError } from '@etcdkit/protocol'
import { headerOf } from '../http/http-client.ts'
import { onAbort } from '../http/on-abort.ts'
import { pauseBeforeRetry } from '../transport/retry.ts'
import { longestDelayMs, systemClock } from '../v3/clock.ts'
import { isTransient } from '../v3/failure.ts'
import { pause } from '../v3/pause.ts'
import type { V2Connection } from './connection.ts'
import { pathOfKey } from './key-path.ts'
import type { V2Lines } from './lines.ts'
import { type Reader, readEvent, readLine, type V2Event, type V2Node } from './node.ts'
import { parseIndex, type V2Answer } from './v2-answer.ts'
import { EtcdV2Error } from './v2-error.ts'
import { encodeFields } from './verb-options.ts'
import { concerns } from './watch-scope.ts'

/** Changes were missed: this is what is there now. */
export interface V2Resync<V = string> {
  readonly action: 'resync'
  /** What was watched, with everything below it; `undefined` if it does not exist. */
  readonly node: V2Node<V> | undefined
  readonly prevNode: undefined
  /** Events go on after this index. */
  readonly index: number
}

interface WatchPlan {
  readonly recursive?: boolean | undefined
  readonly from?: number | undefined
  readonly stream?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  readonly onHistoryLost?: 'throw' | 'resync' | undefined
  /** Milliseconds the whole may take; 0: no limit. */
  readonly timeoutMs: number
}

/** An item of a watch. */
export type V2WatchItem<V, Mode extends 'throw' | 'resync'> = Mode extends 'resync'
  ? V2Event<V> | V2Resync<V>
  : V2Event<V>

/** A watch. Iterate it once; leaving the loop ends it. Connections that break are replaced, and nothing is missed. */
export class V2Watch<V = string, Mode extends 'throw' | 'resync' = 'throw'>
  implements AsyncIterable<V2WatchItem<V, Mode>>, AsyncDisposable
{
  /**
   * Resolves when the server watches: with the index it began at, whatever changes after which is told. Rejects with what
   * iteration throws.
   */
  readonly ready: Promise<number>
  readonly #connection: V2Connection
  readonly #reader: Reader<V>
  readonly #key: string
  readonly #plan: WatchPlan
  readonly #ending = new AbortController()
  readonly #timer: ReturnType<typeof setTimeout> | undefined
  readonly #forgetSignal: () => void
  #lines: Promise<V2Lines> | undefined
  #opened: V2Lines | undefined
  /** The index from which the next request asks; `undefined`: from now on. */
  #next: number | undefined
  #clusterId: string | undefined
  #failures = 0
  #isIterated = false

  /** Made by `watch` and `wait`. @internal */
  constructor(
    parts: Reader<V> & { readonly connection: V2Connection },
    key: string,
    plan: WatchPlan,
  ) {
    this.#connection = parts.connection
    this.#reader = parts
    this.#key = key
    this.#plan = plan
    this.#next = plan.from
    this.#forgetSignal = this.#follow(plan.signal)
    const { timeoutMs } = plan
    if (timeoutMs > 0 && timeoutMs <= longestDelayMs) {
      this.#timer = setTimeout(() => this.#end(this.#lateError()), timeoutMs)
    }
    this.#lines = this.#open()
    this.ready = this.#lines.then((lines) => startOf(lines.head))
    // Iteration tells as well.
    this.ready.catch(() => undefined)
  }

  /** Ends it: iteration ends. */
  async close(): Promise<void> {
    this.#end(closed)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<V2WatchItem<V, Mode>, void, undefined> {
    if (this.#isIterated) throw new TypeError('Cannot iterate a watch twice: make another one')
    this.#isIterated = true
    try {
      for (;;) yield (await this.#take()) as V2WatchItem<V, Mode>
    } catch (error) {
      if (error !== closed) throw error
    } finally {
      await this.close()
    }
  }

  // The next event, over as many answers as it takes.
  async #take(): Promise<V2Event<V> | V2Resync<V>> {
    for (;;) {
      this.#ending.signal.throwIfAborted()
      try {
        this.#lines ??= this.#open()
        const lines = await this.#lines
        const line = await lines.next()
        this.#ending.signal.throwIfAborted()
        if (line === undefined) await this.#closedByServer()
        const event = line === undefined ? undefined : this.#accept(line, lines)
        if (event !== undefined) return event
      } catch (error) {
        this.#lines = undefined
        const resync = await this.#recover(error)
        if (resync !== undefined) return resync
      }
    }
  }

  #accept(line: string, lines: V2Lines): V2Event<V> | undefined {
    const event = readLine(line, this.#reader, lines.head)
    const { index } = event
    const start = startOf(lines.head)
    if (this.#next !== undefined && index < this.#next) {
      // A stream tells some events twice; a poll that is answered with an old one would be so for ever.
      if (this.#plan.stream === true) return undefined
      throw new EtcdError(`an event of index ${index}, before the one asked for`, {
        code: 'protocol-error',
        endpoint: lines.head.endpoint,
      })
    }
    this.#next = index + 1
    this.#failures = 0
    // A stream that begins with what has been sends that one event, and then nothing any more.
    if (this.#plan.stream !== true) this.#lines = undefined
    else if (index <= start) this.#hangUp()
    return concerns(this.#key, this.#plan.recursive === true, line) ? event : undefined
  }

  async #open(): Promise<V2Lines> {
    for (;;) {
      try {
        const lines = await this.#connection.lines(this.#request())
        // The one before has ended, unless the server leaves it open without need.
        this.#opened?.cancel()
        this.#opened = lines
        if (this.#ending.signal.aborted) lines.cancel()
        this.#ending.signal.throwIfAborted()
        this.#checkCluster(lines.head)
        this.#next ??= startOf(lines.head) + 1
        return lines
      } catch (error) {
        this.#ending.signal.throwIfAborted()
        if (!isTransient(error)) throw error
        await this.#pause()
      }
    }
  }

  #request(): Parameters<V2Connection['lines']>[0] {
    const { recursive, stream } = this.#plan
    const isRecursive = recursive === true
    const fields = {
      wait: true,
      recursive: isRecursive ? true : undefined,
      stream: stream === true ? true : undefined,
      waitIndex: this.#next,
    }
    return {
      action: `watch ${JSON.stringify(this.#key)}`,
      method: 'GET',
      path: `${pathOfKey(this.#key, isRecursive)}?${encodeFields(fields)}`,
      options: { signal: this.#ending.signal },
      needsLeader: false,
    }
  }

  // Indices of another cluster say nothing of this one's.
  #checkCluster(head: V2Answer): void {
    const id = headerOf(head.headers, 'x-etcd-cluster-id')
    const isOther = this.#clusterId !== undefined && id !== undefined && id !== this.#clusterId
    this.#clusterId = id ?? this.#clusterId
    if (!isOther) return
    const fact = 'the endpoints are those of another cluster now'
    throw new EtcdError(`Cannot watch ${JSON.stringify(this.#key)}: ${fact}`, {
      code: 'compacted',
      endpoint: head.endpoint,
    })
  }

  async #recover(error: unknown): Promise<V2Resync<V> | undefined> {
    this.#ending.signal.throwIfAborted()
    if (error instanceof EtcdError && error.code === 'compacted') {
      if (this.#plan.onHistoryLost !== 'resync') throw error
      return this.#resync()
    }
    if (!isTransient(error)) throw error
    await this.#pause()
    return undefined
  }

  async #resync(): Promise<V2Resync<V>> {
    for (;;) {
      try {
        const { node, index } = await this.#readAll()
        this.#next = index + 1
        return { action: 'resync', node, prevNode: undefined, index }
      } catch (error) {
        this.#ending.signal.throwIfAborted()
        if (!isTransient(error)) throw error
        await this.#pause()
      }
    }
  }

  async #readAll(): Promise<{ readonly node: V2Node<V> | undefined; readonly index: number }> {
    const isRecursive = this.#plan.recursive === true
    const query = encodeFields({ quorum: true, sorted: true, recursive: isRecursive })
    try {
      const answer = await this.#connection.send({
        action: `read ${JSON.stringify(this.#key)}`,
        method: 'GET',
        path: `${pathOfKey(this.#key, isRecursive)}?${query}`,
        options: { signal: this.#ending.signal },
        needsLeader: true,
      })
      const { node } = readEvent(answer, this.#reader)
      return { node, index: startOf(answer) }
    } catch (error) {
      if (!(error instanceof EtcdV2Error) || error.errorCode !== 100) throw error
      return { node: undefined, index: error.index ?? 0 }
    }
  }

  // An answer may end without an event, such as when the server stops.
  async #closedByServer(): Promise<void> {
    this.#hangUp()
    await this.#pause()
  }

  #hangUp(): void {
    this.#opened?.cancel()
    this.#opened = undefined
    this.#lines = undefined
  }

  async #pause(): Promise<void> {
    const { signal } = this.#ending
    await pause(systemClock, pauseBeforeRetry(++this.#failures, 1), signal)
    signal.throwIfAborted()
  }

  #follow(signal: AbortSignal | undefined): () => void {
    if (signal === undefined) return () => undefined
    if (signal.aborted) this.#ending.abort(signal.reason)
    return onAbort(signal, () => this.#end(signal.reason))
  }

  #end(reason: unknown): void {
    clearTimeout(this.#timer)
    this.#forgetSignal?.()
    if (!this.#ending.signal.aborted) this.#ending.abort(reason)
    this.#hangUp()
  }

  #lateError(): EtcdError {
    const { timeoutMs } = this.#plan
    const fact = `nothing happened within ${timeoutMs} ms`
    return new EtcdError(`Cannot wait for ${JSON.stringify(this.#key)}: ${fact}`, {
      code: 'deadline-exceeded',
    })
  }
}

// Not told: what was closed ends without an error.
const closed: unique symbol = Symbol('closed')

function startOf(head: V2Answer): number {
  return parseIndex(headerOf(head.headers, 'x-etcd-index')) ?? 0
}
