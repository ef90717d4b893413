// A client in the suite: what its users would write, for each work it can do.

import type { Job } from './job.ts'

/** A client, opened. What it cannot do is left out. */
export interface SuitePeer {
  /** Of v2, resolves with the index of the change. */
  put?(key: string, value: string): Promise<unknown>
  get?(key: string): Promise<unknown>
  /** Puts if the key is there. */
  txn?(key: string, value: string): Promise<unknown>
  /** Reads all entries below a prefix in one call, and looks at each value; answers how many. */
  list?(prefix: string): Promise<number>
  /** The same in pages. */
  scan?(prefix: string): Promise<number>
  /** Watches a prefix from a revision on; resolves when `count` events have been seen. */
  watch?(prefix: string, revision: number, count: number): Promise<unknown>
  /** Makes a lease of 10 seconds that is kept alive. */
  lease?(): Promise<unknown>
  /** Locks; answers what unlocks. */
  lock?(name: string): Promise<() => Promise<unknown>>
  /** Waits for the change of a key that has this index, or the next. */
  wait?(key: string, index: number): Promise<unknown>
  close(): unknown
}

/** Opens a client. */
export type OpenSuitePeer = (job: Job) => Promise<SuitePeer>
