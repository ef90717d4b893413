// Brings changes to those who watch. One for a store; its streams are the clients'.

import type { Event } from '@etcdkit/protocol'
import type { HeaderOf } from './header.ts'
import type { Version } from './version.ts'
import type { WatchContext } from './watch-context.ts'
import type { WatchSink } from './watch-outbox.ts'
import { WatchStream } from './watch-stream.ts'
import { eventOf, type Watcher } from './watcher.ts'
import { WatcherIndex } from './watcher-index.ts'

/** All watch streams of a store. */
export class WatchHub {
  readonly #synced = new WatcherIndex<Watcher>()
  readonly #streams = new Set<WatchStream>()
  readonly #context: WatchContext
  readonly #headerOf: HeaderOf
  #closed = false

  constructor(options: Pick<WatchContext, 'mvcc' | 'settings' | 'headerOf'>) {
    this.#headerOf = options.headerOf
    this.#context = {
      ...options,
      synced: this.#synced,
      closed: (stream) => this.#streams.delete(stream),
    }
  }

  /** Opens a stream into `sink`; a closed one if this is closed. */
  open(sink: WatchSink): WatchStream {
    const stream = new WatchStream(sink, this.#context)
    this.#streams.add(stream)
    if (this.#closed) stream.close()
    return stream
  }

  /** Tells the changes of a revision to whom they concern, each in one answer. */
  publish(changes: readonly Version[]): void {
    const revision = changes[0]?.kv.modRevision
    if (revision === undefined || this.#synced.size === 0) return
    const touched: Watcher[] = []
    for (const change of changes) this.#note(change, touched)
    if (touched.length === 0) return
    const header = this.#headerOf(revision)
    for (const watcher of touched) {
      const events = watcher.batch
      watcher.batch = []
      watcher.owner.deliver(watcher, events, header)
    }
  }

  /** Ends every watcher as a compaction does that overtakes it. */
  overtake(): void {
    for (const stream of [...this.#streams]) stream.overtake()
  }

  /** Closes all streams. */
  close(): void {
    this.#closed = true
    for (const stream of this.#streams) stream.close()
  }

  /** Adds a change to the batch of each watcher it concerns. */
  #note(change: Version, touched: Watcher[]): void {
    const { modRevision } = change.kv
    // Made once for all watchers, but differently for those who want to know what was before.
    let plain: Event | undefined
    let withPrevious: Event | undefined
    this.#synced.forEachOf(change.record.name, (watcher) => {
      if (modRevision < watcher.nextRevision || !watcher.wants(change)) return
      if (watcher.batch.length === 0) touched.push(watcher)
      if (watcher.prevKv) {
        withPrevious ??= eventOf(change, true)
        watcher.batch.push(withPrevious)
      } else {
        plain ??= eventOf(change, false)
        watcher.batch.push(plain)
      }
    })
  }
}
