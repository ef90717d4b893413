// All watches of a client, and the streams they share.

import { type CallOptions, EtcdError, type Transport } from '@etcdkit/protocol'
import type { Clock } from '../clock.ts'
import { WatchStream } from './watch-stream.ts'
import { type WatchHost, type WatchPlan, Watcher } from './watcher.ts'

/** The stream options of a watch: watches with the same ones share a stream. */
export type WatchStreamOptions = Pick<CallOptions, 'requireLeader' | 'headers' | 'endpoint'>

/** The watches of a client. */
export class WatchHub {
  readonly #transport: Transport
  readonly #clock: Clock
  readonly #streams = new Map<string, WatchStream>()
  readonly #watchers = new Set<Watcher>()
  // Far from where servers begin to count, so that an id of theirs is not mistaken for one of ours.
  #lastId = 2 ** 24 + Math.floor(Math.random() * 2 ** 30)
  #closed: EtcdError | undefined = undefined

  constructor(transport: Transport, clock: Clock) {
    this.#transport = transport
    this.#clock = clock
  }

  /** Begins a watch. */
  open(plan: WatchPlan, options: WatchStreamOptions): Watcher {
    const host: WatchHost = {
      place: (watcher) => this.#streamFor(options).place(watcher),
      remove
    }
  }
}
