// What may be asked of waits and watches.

import { checkCallOptions, checkIndex, type V2CallOptions } from './verb-options.ts'

/** Options of `wait`. */
export interface V2WaitOptions extends V2CallOptions {
  /** Of anything below the key as well. Default: false. */
  readonly recursive?: boolean | undefined
  /** The first change of this index or a later one, which may have happened already. Default: the next. */
  readonly waitIndex?: number | undefined
}

/** Options of `watch`. */
export interface V2WatchOptions {
  /** Of anything below the key as well. Default: false. */
  readonly recursive?: boolean | undefined
  /** The first index whose change is of interest: one after the index of a read. Default: from now on. */
  readonly from?: number | undefined
  /** One long answer with all changes, in place of a request for each. Default: false. */
  readonly stream?: boolean | undefined
  /** Ends it: iteration throws `signal.reason`. */
  readonly signal?: AbortSignal | undefined
  /** What to do when etcd has forgotten changes. Default: throw. */
  readonly onHistoryLost?: 'throw' | undefined
}

/** Options of a `watch` that reads again when etcd has forgotten changes. */
export interface V2ResyncWatchOptions extends Omit<V2WatchOptions, 'onHistoryLost'> {
  readonly onHistoryLost: 'resync'
}

/** Throws `TypeError` or `RangeError` on what cannot be. */
export function checkWait(options: V2WaitOptions): void {
  checkCallOptions(options, ['recursive', 'waitIndex'])
  if (options.waitIndex !== undefined) checkIndex('waitIndex', options.waitIndex)
}

/** Throws `TypeError` or `RangeError` on what cannot be. */
export function checkWatch(options: V2WatchOptions | V2ResyncWatchOptions): void {
  const { signal, ...others } = options
  checkCallOptions(signal === undefined ? {} : { signal }, [])
  checkCallOptions(others as V2CallOptions, ['recursive', 'from', 'stream', 'onHistoryLost'])
  if ('timeoutMs' in others) throw new TypeError('there is no option "timeoutMs"')
  if (options.from !== undefined) checkIndex('from', options.from)
  const { onHistoryLost = 'throw' } = options
  if (onHistoryLost !== 'throw' && onHistoryLost !== 'resync') {
    throw new TypeError('onHistoryLost must be throw or resync')
  }
}
