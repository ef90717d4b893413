// All that ever changed in a store, read back from etcd past every fault, revision by revision. It reads by raw watch
// messages: nothing of what it judges is on the way.

import {
  type MessageStream,
  type WatchRequest,
  type WatchResponse,
  Watch as WatchService,
} from '@etcdkit/protocol'
import type { Etcd } from 'etcdkit'
import { pollUntil } from '../../support/poll.ts'
import { type Change, changeOfWire } from './describe.ts'

type WatchStream = MessageStream<WatchRequest, WatchResponse>

const patienceMs = 120_000
const oneReadMs = 30_000

/** The changes of a store from its first revision on, as far as they have been read. */
export class History {
  readonly #source: Etcd
  readonly #changes: Change[] = []
  readonly #compactions: number[] = []
  // The first is of an empty store.
  #next = 2

  constructor(source: Etcd) {
    this.#source = source
  }

  /** In the order in which they happened. */
  get changes(): readonly Change[] {
    return this.#changes
  }

  /** The revisions at which the store was compacted. */
  get compactions(): readonly number[] {
    return this.#compactions
  }

  /** The newest revision that has been read. */
  get revision(): number {
    return this.#next - 1
  }

  /** Reads all there is now. */
  async readToNow(): Promise<void> {
    await this.#persist('the newest revision', async () => {
      const { revision } = await this.#source.list('any', { timeoutMs: oneReadMs })
      await this.#readTo(revision)
    })
  }

  /** Reads all that is about to be forgotten, then has the store forget it. Keeps the last `keep` revisions. */
  async compact(keep: number): Promise<number | undefined> {
    let revision = 0
    await this.#persist('compaction', async () => {
      const newest = (await this.#source.list('any', { timeoutMs: oneReadMs })).revision
      revision = newest - keep
      if (revision <= (this.#compactions.at(-1) ?? 1)) return
      await this.#readTo(revision)
      this.noteCompaction(revision)
      await this.#source.compact(revision, { timeoutMs: oneReadMs, repeatable: true })
    })
    return this.#compactions.includes(revision) ? revision : undefined
  }

  /** The store has been compacted by other means: everything before had been read. */
  noteCompaction(revision: number): void {
    if (!this.#compactions.includes(revision)) this.#compactions.push(revision)
  }

  async #readTo(revision: number): Promise<void> {
    if (this.#next > revision) return
    const limit = new AbortController()
    const timer = setTimeout(() => limit.abort(new Error('no answer')), oneReadMs)
    try {
      await this.#readBy(
        this.#source.stream(WatchService.watch, { signal: limit.signal }),
        revision,
      )
    } finally {
      clearTimeout(timer)
    }
  }

  async #readBy(stream: WatchStream, revision: number): Promise<void> {
    const everything = { key: new Uint8Array(1), rangeEnd: new Uint8Array(1) }
    stream.send({ createRequest: { ...everything, startRevision: this.#next, prevKv: true } })
    for await (const { canceled, cancelReason, events } of stream) {
      if (canceled) throw new Error(`Cannot read the history: ${cancelReason}`)
      for (const event of events) this.#take(changeOfWire(event))
      if (this.#next > revision) return
    }
    throw new Error('Cannot read the history: the stream ended')
  }

  #take(change: Change): void {
    // A revision is in one answer: what was begun is never read in part.
    if (change.revision < this.#next - 1) return
    if (change.revision > this.#next) {
      throw new Error(`Cannot read the history: ${change.revision} after ${this.#next - 1}`)
    }
    this.#changes.push(change)
    this.#next = change.revision + 1
  }

  async #persist(what: string, job: () => Promise<void>): Promise<void> {
    const attempt = async (): Promise<boolean> => {
      await job()
      return true
    }
    await pollUntil(attempt, { what, deadlineMs: patienceMs, intervalMs: 200 })
  }
}
