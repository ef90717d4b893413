// How to watch, and what the wire makes of it.

import { FilterType } from '@etcdkit/protocol'
import { describeTarget } from '../failure.ts'
import type { Key, KeyRange } from '../key.ts'
import {
  assertBoolean,
  assertInteger,
  assertOneOf,
  assertOptions,
  type ReadOptions,
  readOptionNames,
} from '../options.ts'
import type { Scope } from '../scope.ts'
import type { ResyncPlan } from './resync.ts'
import type { WatchStreamOptions } from './watch-hub.ts'
import type { WatchPlan } from './watcher.ts'

/** How to watch. */
export interface WatchOptions extends ReadOptions {
  /**
   * When history that the watch needs is compacted, go on with the whole range as it is then: a `Resync` among the
   * events. Default: false, and the watch throws `CompactedError`. See {@link ResyncWatchOptions}.
   */
  readonly resync?: false | undefined
  /** First revision to tell of. Default: what comes after the server has made the watch. */
  readonly from?: number | undefined
  /** Tell each key as it was before as well. */
  readonly previous?: boolean | undefined
  /** Tell of puts only, or of deletes only. Default: of both. */
  readonly only?: 'put' | 'delete' | undefined
  /** Have the server tell now and then, in `batches()`, how far the watch has come while nothing happens. */
  readonly progressNotify?: boolean | undefined
  /**
   * Have the server split answers of more than 1.5 MiB. Default: only once an answer has turned out to be larger than
   * the client takes, as splitting takes etcd a time that grows with the square of the events.
   */
  readonly fragment?: boolean | undefined
  /** Have the server end the stream when it has no leader; the watch goes on elsewhere. Default: true. */
  readonly requireLeader?: boolean | undefined
  /**
   * How much may wait for a slow reader, in bytes, before the server is told to stop. It goes on where it stopped
   * when half of that is read. What is over counts as one more answer of the server. Default: 4 MiB.
   */
  readonly highWaterBytes?: number | undefined
  /**
   * Milliseconds until the server has made the watch for the first time, 0 or `Infinity` for no limit. Later it
   * outlives any outage. Default: the client's.
   */
  readonly timeoutMs?: number | undefined
  /** Ends the watch: its iteration throws `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/** How to watch, with a `Resync` in place of history that was compacted. */
export interface ResyncWatchOptions extends Omit<WatchOptions, 'resync'> {
  readonly resync: true
  /** What the keys of a `Resync` may take, in bytes; if it is more, the watch throws `resource-exhausted`. Default: 512 MiB. */
  readonly maxResyncBytes?: number | undefined
}

const watchNames = /* @__PURE__ */ readOptionNames(
  ...['from', 'previous', 'only', 'progressNotify', 'fragment', 'highWaterBytes'],
  ...['resync', 'maxResyncBytes'],
)

const defaultHighWaterBytes = 4 * 1024 * 1024
const defaultMaxResyncBytes = 512 * 1024 * 1024

const filters: Readonly<Record<'put' | 'delete', readonly number[]>> = {
  put: [FilterType.NODELETE],
  delete: [FilterType.NOPUT],
}

/** What a watch is to be. Throws `TypeError` or `RangeError` for bad input. */
export function planWatch(
  scope: Scope<unknown, never>,
  target: Key | KeyRange,
  options: WatchOptions | ResyncWatchOptions,
  timeoutMs: number,
): WatchPlan {
  assertOptions(options, watchNames)
  assertBoolean(options.resync, 'resync')
  const { from, previous, only, progressNotify, fragment } = options
  const { highWaterBytes = defaultHighWaterBytes } = options
  assertInteger(from, 'from')
  assertInteger(highWaterBytes, 'highWaterBytes', 1)
  const { key, rangeEnd } = scope.span(target)
  return {
    filter: {
      // The watch may outlive what the caller does with his bytes.
      key: new Uint8Array(key),
      rangeEnd: new Uint8Array(rangeEnd),
      prevKv: previous ?? false,
      filters: only === undefined ? [] : assertOneOf(only, 'only', filters),
      // Whoever asks: it keeps what a watch goes on from near the store's revision, and so out of the reach of compaction.
      progressNotify: true,
      fragment: fragment ?? false,
    },
    maySplit: fragment === undefined,
    start: from ?? 0,
    tellsProgress: progressNotify ?? false,
    resync: planResync(options),
    highWaterBytes,
    timeoutMs: options.timeoutMs ?? timeoutMs,
    signal: options.signal,
    action: () => `watch ${describeTarget(target)}`,
  }
}

function planResync(options: WatchOptions | ResyncWatchOptions): ResyncPlan | undefined {
  if (options.resync !== true) return undefined
  const { maxResyncBytes = defaultMaxResyncBytes, headers, endpoint, requireLeader } = options
  assertInteger(maxResyncBytes, 'maxResyncBytes', 1)
  return { maxBytes: maxResyncBytes, options: { headers, endpoint, requireLeader } }
}

/** Which stream a watch belongs on. */
export function streamOptionsOf(options: WatchOptions | ResyncWatchOptions): WatchStreamOptions {
  const { requireLeader = true, headers, endpoint } = options
  return { requireLeader, headers, endpoint }
}
