// How a range is read piece by piece: what a scan asks for, and a list that is too large for one message.

import type { Key, KeyRange } from './key.ts'
import type { ListSelection, ScanOptions } from './kv-options.ts'
import { revisionBounds, sorting } from './kv-requests.ts'
import { isUnbounded, type RangePlan } from './range-reader.ts'
import type { Scope } from './scope.ts'

/** The plan to read `target` in the order of its keys. Throws `TypeError` or `RangeError` for what cannot be. */
export function planRange(
  scope: Scope<unknown, never>,
  target: Key | KeyRange,
  options: ListSelection & Pick<ScanOptions, 'pageSize'>,
): RangePlan {
  const { serializable, keysOnly, order, revision, pageSize, limit } = options
  const bounds = revisionBounds(options)
  const descending = order === 'descending'
  return {
    span: scope.span(target),
    descending,
    filters: { serializable, keysOnly, ...bounds, ...sorting('key', order) },
    revision,
    pageSize,
    limit: limit || undefined,
    // Who asks for pages of a size gets them.
    streamable: !descending && pageSize === undefined && !limit && isUnbounded(bounds),
  }
}
