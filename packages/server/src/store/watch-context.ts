// What the watch streams of a store share.

import type { HeaderOf } from './header.ts'
import type { Mvcc } from './mvcc.ts'
import type { StoreSettings } from './options.ts'
import type { WatchStream } from './watch-stream.ts'
import type { Watcher } from './watcher.ts'
import type { WatcherIndex } from './watcher-index.ts'

/** What a watch stream needs of its store. */
export interface WatchContext {
  readonly mvcc: Mvcc
  readonly settings: StoreSettings
  readonly headerOf: HeaderOf
  /** The watchers that hear of changes as they happen. */
  readonly synced: WatcherIndex<Watcher>
  /** Called when a stream was closed. */
  readonly closed: (stream: WatchStream) => void
}
