// A client's user: reads and writes a few keys that others read and write as well, without a pause to speak of.

import { compare, type Etcd, op } from 'etcdkit'
import type { RoundContext } from '../../round/context.ts'
import { pause } from '../../round/pause.ts'
import type { Random } from '../../schedule/random.ts'
import { attempt } from './attempt.ts'
import type { CallRecord, CallRecorder } from './record.ts'

const weights = { put: 4, get: 3, list: 2, swap: 4, count: 4, txn: 2, delete: 1, once: 3 }
type Action = keyof typeof weights

const timeouts = [150, 400, 1000, 3000, 5000]
const longestThinkMs = 30

/** Which keys are in use: after some hundred calls others, so that no history grows too long to be checked. */
export class KeyTurns {
  #calls = 0

  next(random: Random, kind: string): string {
    const turn = Math.floor(this.#calls++ / 300)
    return `${kind}/${turn}/${random.integer(0, 2)}`
  }
}

/** What a worker works with. */
export interface WorkerParts {
  readonly name: string
  readonly etcd: Etcd
  readonly context: RoundContext
  readonly recorder: CallRecorder
  readonly turns: KeyTurns
  readonly random: Random
}

/** Does one thing after the other until it is told to stop. */
export class Worker {
  readonly #parts: WorkerParts
  #count = 0

  constructor(parts: WorkerParts) {
    this.#parts = parts
  }

  /** Resolves when the last call has settled. */
  async run(): Promise<void> {
    const { context, random } = this.#parts
    while (!context.stop.aborted) {
      await this.#act(random.weighted(weights))
      await pause(random.integer(0, longestThinkMs))
    }
  }

  async #act(action: Action): Promise<void> {
    const { turns, random } = this.#parts
    const key = turns.next(random, action === 'count' ? 'counter' : 'register')
    switch (action) {
      case 'put':
        return this.#put(key)
      case 'get':
        await this.#get(key)
        return
      case 'list':
        return this.#list(key)
      case 'swap':
        return this.#swap(key, () => this.#value())
      case 'count':
        return this.#swap(
          key,
          (found) => `${Number.parseInt(found ?? '0', 10) + 1}:${this.#value()}`,
        )
      case 'txn':
        return this.#txn(key)
      case 'delete':
        return this.#delete(key)
      case 'once':
        return this.#once()
    }
  }

  async #put(key: string): Promise<void> {
    const value = this.#value()
    const options = this.#options()
    await this.#attempt(this.#begin([key], { kind: 'put', value }), options, (etcd) =>
      etcd
        .put(key, value, options)
        .then(({ revision }) => ({ output: {}, revision, changed: true })),
    )
  }

  async #get(key: string): Promise<{ found: string | undefined; modRevision: number } | undefined> {
    const options = this.#options()
    let modRevision = 0
    const answer = await this.#attempt(this.#begin([key], { kind: 'get' }), options, (etcd) =>
      etcd.get(key, options).then((entry) => {
        modRevision = entry?.modRevision ?? 0
        return { output: { found: entry?.value } }
      }),
    )
    return answer && { found: answer.output.found, modRevision }
  }

  // A read whose answer tells the revision.
  async #list(key: string): Promise<void> {
    const options = this.#options()
    await this.#attempt(this.#begin([key], { kind: 'get' }), options, (etcd) =>
      etcd.list(key, options).then(({ entries: [entry], revision }) => {
        return { output: { found: entry?.value }, revision }
      }),
    )
  }

  async #swap(key: string, valueFor: (found: string | undefined) => string): Promise<void> {
    const seen = await this.#get(key)
    if (seen === undefined) return
    const { found, modRevision } = seen
    const value = valueFor(found)
    const options = this.#options()
    const record = this.#begin([key], { kind: 'swap', expected: found, value })
    await this.#attempt(record, options, (etcd) =>
      etcd.compareAndSwap(key, value, { modRevision }, options).then((result) => {
        const { succeeded, revision } = result
        const current = result.succeeded ? undefined : result.current?.value
        return { output: { succeeded, found: current }, revision, changed: succeeded }
      }),
    )
  }

  // Two keys at once, or neither.
  async #txn(key: string): Promise<void> {
    const seen = await this.#get(key)
    if (seen === undefined) return
    const value = this.#value()
    const copy = `copy/${value}`
    const txn = {
      if: [compare.modRevision(key).equals(seen.modRevision)],
      then: [op.put(key, value), op.put(copy, value)],
      else: [op.get(key)],
    } as const
    const options = this.#options()
    const input = { kind: 'swap', expected: seen.found, value } as const
    await this.#attempt(this.#begin([key, copy], input), options, (etcd) =>
      etcd.txn(txn, options).then((result) => {
        const { succeeded, revision } = result
        const found = result.succeeded ? undefined : result.results[0]?.value
        return { output: { succeeded, found }, revision, changed: succeeded }
      }),
    )
  }

  async #delete(key: string): Promise<void> {
    const options = this.#options()
    await this.#attempt(this.#begin([key], { kind: 'delete' }), options, (etcd) =>
      etcd.delete(key, { ...options, previous: true }).then(({ deleted, previous, revision }) => {
        return { output: { found: previous[0]?.value }, revision, changed: deleted > 0 }
      }),
    )
  }

  // A key that is written once, and never again.
  async #once(): Promise<void> {
    const value = this.#value()
    const key = `once/${value}`
    const options = this.#options()
    const input = { kind: 'swap', expected: undefined, value } as const
    await this.#attempt(this.#begin([key], input), options, (etcd) =>
      etcd.putIfAbsent(key, value, options).then((result) => {
        const { succeeded, revision } = result
        const found = result.succeeded ? undefined : result.current.value
        return { output: { succeeded, found }, revision, changed: succeeded }
      }),
    )
  }

  #begin(keys: readonly string[], input: CallRecord['input']): CallRecord {
    return this.#parts.recorder.begin(this.#parts.name, keys, input)
  }

  #attempt(
    record: CallRecord,
    { timeoutMs }: { readonly timeoutMs: number },
    send: (etcd: Etcd) => Parameters<typeof attempt>[3]['promise'],
  ): ReturnType<typeof attempt> {
    const { context, recorder, etcd } = this.#parts
    return attempt(context, recorder, record, { promise: send(etcd), timeoutMs })
  }

  #options(): { readonly timeoutMs: number } {
    return { timeoutMs: this.#parts.random.pick(timeouts) }
  }

  /** A value that nobody else writes, and this one once. */
  #value(): string {
    return `${this.#parts.name}.${this.#count++}`
  }
}
