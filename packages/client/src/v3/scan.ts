// Reads a range of any size in pages, all at one revision.

import {
  EtcdError,
  type KeyValue,
  KV,
  type MessageInit,
  type RangeRequest,
  type RangeResponse,
  type Transport,
} from '@etcdkit/protocol'
import { concatBytes, equalBytes, zeroByte } from './bytes.ts'
import { Entry, type EntryScope } from './entry.ts'
import { describeTarget, failure, inputFailure } from './failure.ts'
import type { Key, KeyRange } from './key.ts'
import type { ScanOptions } from './kv-options.ts'
import { revisionBounds, sorting } from './kv-requests.ts'
import { assertInteger, assertOptions, readOptionNames } from './options.ts'
import { revisionOf } from './results.ts'
import type { Scope, Span } from './scope.ts'

// Without a page size given, pages grow from few keys to what makes about this many bytes.
const wantedBytes = 1024 * 1024
const firstPageSize = 16
const largestPageSize = 1024
const growth = 4

const scanNames = /* @__PURE__ */ readOptionNames(
  ...['pageSize', 'order', 'revision', 'serializable', 'keysOnly'],
  ...['minModRevision', 'maxModRevision', 'minCreateRevision', 'maxCreateRevision'],
)

/** What is asked of every page. */
interface ScanPlan {
  readonly span: Span
  readonly descending: boolean
  readonly filters: MessageInit<RangeRequest>
}

/** Where the next page begins and ends, and how many keys to ask for. */
interface Place extends Span {
  readonly limit: number
  readonly revision: number | undefined
}

/** The entries of a range, a page at a time. */
export async function* scan<V>(
  transport: Transport,
  scope: Scope<unknown, never>,
  entryScope: EntryScope<V>,
  target: Key | KeyRange,
  options: ScanOptions = {},
): AsyncGenerator<Entry<V>, void, undefined> {
  const plan = planScan(scope, target, options)
  let place: Place | undefined = {
    ...plan.span,
    limit: options.pageSize ?? firstPageSize,
    revision: options.revision,
  }
  while (place !== undefined) {
    const page: Page = await readPage(transport, plan, place, target, options)
    for (const kv of page.response.kvs) yield new Entry(kv, entryScope)
    place = nextPlace(plan, page, options.pageSize)
  }
}

function planScan(
  scope: Scope<unknown, never>,
  target: Key | KeyRange,
  options: ScanOptions,
): ScanPlan {
  try {
    assertOptions(options, scanNames)
    assertInteger(options.pageSize, 'pageSize', 1)
    assertInteger(options.revision, 'revision')
    const { serializable, keysOnly, order } = options
    const filters = { serializable, keysOnly, ...revisionBounds(options), ...sorting('key', order) }
    return { span: scope.span(target), descending: order === 'descending', filters }
  } catch (error) {
    throw inputFailure(`scan ${describeTarget(target)}`, error)
  }
}

/** A page, and where it was. */
interface Page {
  readonly place: Place
  readonly response: RangeResponse
}

// Where values are much larger than those before, a page may be more than a message can be: then a smaller one is.
async function readPage(
  transport: Transport,
  plan: ScanPlan,
  place: Place,
  target: Key | KeyRange,
  options: ScanOptions,
): Promise<Page> {
  const { key, rangeEnd, limit, revision } = place
  try {
    const request = { key, rangeEnd, limit, revision, ...plan.filters }
    return { place, response: await transport.unary(KV.range, request, options) }
  } catch (error) {
    if (!(error instanceof EtcdError) || error.code !== 'message-too-large' || limit === 1) {
      throw failure(`scan ${describeTarget(target)}`, error)
    }
    const smaller = { ...place, limit: Math.ceil(limit / growth) }
    return readPage(transport, plan, smaller, target, options)
  }
}

function nextPlace(
  { descending }: ScanPlan,
  { place, response }: Page,
  pageSize: number | undefined,
): Place | undefined {
  const last = response.kvs.at(-1)
  if (!response.more || last === undefined) return undefined
  const revision = place.revision || revisionOf(response.header)
  const limit = pageSize ?? nextLimit(place.limit, response.kvs)
  if (!descending) return { ...place, key: concatBytes(last.key, zeroByte), limit, revision }
  // One zero byte is the very first key, and as an end it would mean none.
  if (equalBytes(last.key, zeroByte)) return undefined
  return { ...place, rangeEnd: last.key, limit, revision }
}

function nextLimit(limit: number, kvs: readonly KeyValue[]): number {
  let bytes = 0
  for (const { key, value } of kvs) bytes += key.length + value.length
  const fitting = Math.floor((wantedBytes * kvs.length) / Math.max(bytes, 1))
  return Math.max(1, Math.min(fitting, limit * growth, largestPageSize))
}
