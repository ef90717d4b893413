// One client's watch stream: its watchers by id, and the way to its reader.

import type { WatchCreateRequest, WatchRequest, WatchResponse } from '@etcdkit/protocol'

/**
 * Where a watch stream puts its answers: `false` when the reader is full.
 *
 * The answer it was given is taken all the same; no other follows until `stream.ready()`. It is called while the store
 * changes, so it must not throw, and must not call the store or the stream: it writes, or puts by.
 */
export type WatchSink = (response: WatchResponse) => boolean

/** The watchers of one stream. Made by `store.watch`. */
export interface WatchStream {
  /** Whether the reader is full. A service should then read no more requests: their answers pile up. */
  readonly full: boolean
  /** Does what the request says; one that says nothing is ignored. */
  handle(request: WatchRequest): void
  /** Starts a watcher: `created`, then its history, then what happens. What is wrong with it is answered, not thrown. */
  create(request: WatchCreateRequest): void
  /** Ends a watcher; an unknown id is ignored. */
  cancel(watchId: number): void
  /** Tells the revision, if every watcher of the stream has heard all there is. */
  progress(): void
  /** Answers a create request with a refusal: `created`, `canceled`, and the reason. */
  refuse(reason: string): void
  /** The reader has room again. */
  ready(): void
  /** Ends all watchers, with no answers. Twice is fine. */
  close(): void
}
