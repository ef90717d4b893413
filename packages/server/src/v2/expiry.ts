// Removes what has outlived its time, twice a second while anything has one.

import type { Clock } from '../store/clock.ts'
import type { RaftLog } from './keys/keys-page.ts'
import type { V2Store } from './tree/store.ts'

/** etcd's own. Source: `server/etcdserver/server.go`, defaultSyncTimeout. */
const sweepMs = 500

/** The sweeps of a store, at whole half seconds since its beginning. */
export class Sweeper {
  readonly #store: V2Store
  readonly #clock: Clock
  readonly #log: RaftLog
  readonly #start: number
  #cancel: (() => void) | undefined
  #isClosed = false

  constructor(store: V2Store, clock: Clock, log: RaftLog) {
    this.#store = store
    this.#clock = clock
    this.#log = log
    this.#start = clock.now()
  }

  /** Sees to it that there will be a sweep if there is anything to be swept. */
  arm(): void {
    if (this.#isClosed || this.#cancel !== undefined || !this.#store.hasExpiring) return
    const sinceLast = (this.#clock.now() - this.#start) % sweepMs
    this.#cancel = this.#clock.after(sweepMs - sinceLast, () => this.#sweep())
  }

  close(): void {
    this.#isClosed = true
    this.#cancel?.()
  }

  #sweep(): void {
    this.#cancel = undefined
    this.#log.raftIndex += 1
    this.#store.expire()
    this.arm()
  }
}
