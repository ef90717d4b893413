// Those who keep up with a range that others write: a cache, two mirrors and a live value.

import {
  type Cache,
  cache,
  type Etcd,
  EtcdError,
  everything,
  type Live,
  live,
  type MirrorChange,
  type MirrorSink,
  mirror,
  prefix,
} from 'etcdkit'
import type { RoundContext } from '../../round/context.ts'
import { pause } from '../../round/pause.ts'
import { NeverSettledError } from '../../round/settling.ts'
import type { CacheSample, FollowedChange, MirrorStep } from './following-check.ts'
import { copyPrefix, dataPrefix, isGood, liveKey } from './following-plan.ts'

const syncMs = 5000
const samplePauseMs = 400
const restartMs = 100
const decoder = new TextDecoder()

/** Follows the data of a round in every way there is, and notes what it is told. */
export class Followers {
  /** The range at moments of the cache's own. */
  readonly samples: CacheSample[] = []
  /** What the cache tells of changes: current and previous revision of a key. */
  readonly changes: FollowedChange[] = []
  readonly steps: MirrorStep[] = []
  readonly goodValues: string[] = []
  readonly cache: Cache<string>
  readonly live: Live<string>
  readonly #context: RoundContext
  readonly #end = new AbortController()
  readonly #running: Promise<unknown>

  constructor(context: RoundContext, clients: readonly Etcd[]) {
    this.#context = context
    // There are two, see the workload.
    const [one, other] = clients as readonly [Etcd, Etcd]
    this.cache = cache(one, prefix(dataPrefix))
    this.live = live(other, liveKey, { decode: decodeGood, encode: undefined as never })
    this.#running = Promise.all([
      this.#sample(),
      this.#noteChanges(),
      this.#noteGood(),
      this.#mirror(other),
      this.#copy(one),
    ])
  }

  /** Ends all that follows. */
  async end(): Promise<void> {
    this.#end.abort(new Error('enough'))
    await this.cache.close()
    await this.live.close()
    await this.#running
  }

  /** The revision up to which the sink of the mirror has everything. */
  get mirrored(): number {
    return this.steps.at(-1)?.revision ?? 0
  }

  /** What the cache shows now. */
  sample(): void {
    const entries = this.cache.list()
    this.samples.push({
      revision: this.cache.revision,
      entries: entries.map(({ key, value, modRevision }) => `${key} ${value} ${modRevision}`),
    })
  }

  async #sample(): Promise<void> {
    const { stop, tally, settling, progressRequests } = this.#context
    await this.cache.ready.catch((error) => this.#ended('the cache', error))
    while (!stop.aborted && this.cache.failure === undefined) {
      this.sample()
      if (progressRequests) {
        const syncing = this.cache.sync({ timeoutMs: syncMs })
        await settling.within(syncing, syncMs, 'sync').then(
          () => tally.add('cache syncs'),
          (error) => this.#failed(error),
        )
      }
      await pause(samplePauseMs, stop)
    }
  }

  async #noteChanges(): Promise<void> {
    try {
      for await (const { current, previous } of this.cache.changes()) {
        this.changes.push({
          key: (current ?? previous)?.key ?? '',
          current: current?.modRevision,
          previous: previous?.modRevision,
        })
      }
    } catch (error) {
      this.#ended('the changes of the cache', error)
    }
  }

  async #noteGood(): Promise<void> {
    try {
      for await (const { current } of this.live.changes()) {
        if (current) this.goodValues.push(current.value)
      }
    } catch (error) {
      this.#ended('the live value', error)
    }
  }

  async #mirror(etcd: Etcd): Promise<void> {
    const { steps } = this
    const sink: MirrorSink = {
      async replace(changes, revision) {
        const kept: string[] = []
        for await (const change of changes) kept.push(textOf(change))
        steps.push({ kind: 'replace', changes: kept, revision })
      },
      async apply(changes, revision) {
        steps.push({ kind: 'apply', changes: changes.map(textOf), revision })
      },
    }
    const { signal } = this.#end
    await mirror(etcd, prefix(dataPrefix), sink, { signal }).catch((error) => {
      if (!signal.aborted) this.#ended('the mirror', error)
    })
  }

  /** Into etcd itself: an outage of the sink ends it, and it begins again where it was. */
  async #copy(etcd: Etcd): Promise<void> {
    const { signal } = this.#end
    const [source, target] = [etcd.keyspace(dataPrefix), etcd.keyspace(copyPrefix)]
    let after: number | undefined
    const onRevision = (revision: number): void => {
      after = revision
    }
    while (!signal.aborted) {
      await mirror(source, everything, target, { signal, after, onRevision }).catch((error) => {
        if (!signal.aborted) this.#failed(error)
      })
      this.#context.tally.add('copies begun')
      await pause(restartMs, signal)
    }
  }

  #ended(what: string, error: unknown): void {
    this.#context.violations.add('follower-ended', `${what}: ${String(error)}`)
  }

  #failed(error: unknown): void {
    const { tally, violations } = this.#context
    if (error instanceof EtcdError) tally.add(`errors: ${error.code}`)
    else if (!(error instanceof NeverSettledError)) {
      violations.add('untyped-error', `a follower: ${String(error)}`)
    }
  }
}

function decodeGood(bytes: Uint8Array): string {
  const text = decoder.decode(bytes)
  if (!isGood(text)) throw new Error('no good')
  return text
}

function textOf({ key, value, revision }: MirrorChange): string {
  const shown = value === undefined ? 'deleted' : decoder.decode(value)
  return `${revision} ${decoder.decode(key)} ${shown}`
}
