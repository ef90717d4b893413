// Reading: which entries a range request is answered with.

import { type KeyValue, type RangeRequest, SortOrder, SortTarget } from '@etcdkit/protocol'
import { noBytes } from './key-name.ts'
import { inRange, type KeyRange, requestRange } from './key-range.ts'
import type { Mvcc } from './mvcc.ts'
import { sortEntries } from './sort.ts'
import { isTombstone, type KeyRecord, liveAt } from './version.ts'

/** What was found. */
export interface RangeResult {
  readonly kvs: readonly KeyValue[]
  readonly more: boolean
  readonly count: number
}

/**
 * Does what `request` asks. Throws `future-revision`, `compacted`.
 *
 * Without a revision, changes of the txn being made are seen.
 */
export function readRange(mvcc: Mvcc, request: RangeRequest): RangeResult {
  const revision = request.revision > 0 ? request.revision : Number.POSITIVE_INFINITY
  if (request.revision > 0) mvcc.assertReadable(revision)
  const range = requestRange(request.key, request.rangeEnd)
  if (range.single) return readSingle(mvcc.index.find(range.from), request, revision)
  if (request.countOnly) return { kvs: [], more: false, count: countAt(mvcc, range, revision) }
  return readMany(mvcc, request, range, revision)
}

function readSingle(
  record: KeyRecord | undefined,
  request: RangeRequest,
  revision: number,
): RangeResult {
  const kv = record === undefined ? undefined : liveAt(record, revision)
  if (kv === undefined) return { kvs: [], more: false, count: 0 }
  const wanted = !request.countOnly && passes(kv, request)
  return { kvs: wanted ? [request.keysOnly ? withoutValue(kv) : kv] : [], more: false, count: 1 }
}

function readMany(
  mvcc: Mvcc,
  request: RangeRequest,
  range: KeyRange,
  revision: number,
): RangeResult {
  const limit = request.limit > 0 ? request.limit : Number.POSITIVE_INFINITY
  const byKey = request.sortTarget === SortTarget.KEY
  const backward = byKey && request.sortOrder === SortOrder.DESCEND
  // As in etcd, a target without an order sorts what the limit left, and one more; filters lift that.
  const partial = byKey || (request.sortOrder === SortOrder.NONE && !isFiltered(request))
  const { entries, seen } = collect(mvcc, request, {
    range,
    revision,
    most: partial ? limit + 1 : Number.POSITIVE_INFINITY,
    backward,
  })
  sortEntries(entries, request.sortTarget, request.sortOrder)
  const more = entries.length > limit
  if (more) entries.length = limit
  return {
    kvs: request.keysOnly ? entries.map(withoutValue) : entries,
    more,
    count: seen ?? countAt(mvcc, range, revision),
  }
}

/** What to go through, and when to stop. */
interface Scan {
  readonly range: KeyRange
  readonly revision: number
  readonly most: number
  readonly backward: boolean
}

/** Up to `most` entries that pass the filters; `seen` counts all that are there, if none was left out. */
function collect(
  { index }: Mvcc,
  request: RangeRequest,
  scan: Scan,
): { entries: KeyValue[]; seen: number | undefined } {
  const entries: KeyValue[] = []
  const filtered = isFiltered(request)
  let seen = 0
  const visit = (record: KeyRecord): boolean => {
    const kv = liveAt(record, scan.revision)
    if (kv === undefined) return true
    seen += 1
    if (!filtered || passes(kv, request)) entries.push(kv)
    return entries.length < scan.most
  }
  if (scan.backward) index.scanBack(scan.range, visit)
  else index.scan(scan.range, visit)
  return { entries, seen: entries.length < scan.most ? seen : undefined }
}

/** Number of keys in `range` at `revision`: those there now, less what has come and gone since. */
function countAt({ index, log }: Mvcc, range: KeyRange, revision: number): number {
  let count = index.countLive(range)
  if (revision === Number.POSITIVE_INFINITY) return count
  log.scan(revision + 1, (version) => {
    const change = isTombstone(version) ? -1 : version.kv.version === 1 ? 1 : 0
    if (change !== 0 && inRange(range, version.record.name)) count -= change
    return true
  })
  return count
}

function isFiltered(request: RangeRequest): boolean {
  return (
    request.minModRevision !== 0 ||
    request.maxModRevision !== 0 ||
    request.minCreateRevision !== 0 ||
    request.maxCreateRevision !== 0
  )
}

function passes(kv: KeyValue, request: RangeRequest): boolean {
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = request
  return (
    (minModRevision === 0 || kv.modRevision >= minModRevision) &&
    (maxModRevision === 0 || kv.modRevision <= maxModRevision) &&
    (minCreateRevision === 0 || kv.createRevision >= minCreateRevision) &&
    (maxCreateRevision === 0 || kv.createRevision <= maxCreateRevision)
  )
}

function withoutValue(kv: KeyValue): KeyValue {
  return { ...kv, value: noBytes }
}
