// Reads a range piece by piece, all at one revision: as a stream where the server has RangeStream, else in pages.

import {
  type CallOptions,
  EtcdError,
  type KeyValue,
  type MessageInit,
  type RangeRequest,
  type RangeResponse,
  type Transport,
} from '@etcdkit/protocol'
import { concatBytes, equalBytes, zeroByte } from './bytes.ts'
import type { RevisionBounds } from './kv-options.ts'
import { type Place, streamRange } from './range-stream.ts'
import { revisionOf } from './results.ts'
import type { Span } from './scope.ts'
import { rangeMethod } from './viewing-methods.ts'

// Without a page size given, pages grow from few keys to what makes about this many bytes.
const wantedBytes = 1024 * 1024
const firstPageSize = 16
const largestPageSize = 1024
const growth = 4

/** What is read: all that stays the same from piece to piece. */
export interface RangePlan {
  readonly span: Span
  readonly descending: boolean
  /** Everything of the request but where, how many and when. */
  readonly filters: MessageInit<RangeRequest>
  /** Revision to read at. Default: the newest at the first page. */
  readonly revision?: number | undefined
  /** Keys of a page. Default: as many as seem right. */
  readonly pageSize?: number | undefined
  /** Keys in all. Default: all there are. */
  readonly limit?: number | undefined
  /** Whether to ask for a stream, if the server has such a thing. Default: false. */
  readonly streamable?: boolean | undefined
}

/** The piece that was read last, and where it was. */
interface Page {
  readonly place: Place
  readonly response: RangeResponse
}

/** The options of the next call. They may change, as time passes. */
export type NextOptions = () => CallOptions

/**
 * The pieces of a range. The first is a page, which tells the revision, the count, and whether there is more; by then
 * most ranges are at their end. What is left comes as a stream, and where that breaks off, another page and another
 * stream follow. Throws what a page rejects with.
 */
export async function* readRange(
  transport: Transport,
  plan: RangePlan,
  options: NextOptions,
): AsyncGenerator<RangeResponse, void, undefined> {
  const { limit: left = Number.POSITIVE_INFINITY, revision, pageSize = firstPageSize } = plan
  let place: Place | undefined = { ...plan.span, limit: Math.min(pageSize, left), revision, left }
  let { streamable = false } = plan
  while (place !== undefined) {
    const page: Page = await readPage(transport, plan, place, options)
    yield page.response
    place = nextPlace(plan, page)
    if (place === undefined || !streamable) continue
    const rest = yield* streamRange(transport, plan.filters, place, options)
    ;({ place, streamable } = rest)
  }
}

// Where values are much larger than those before, a page may be more than a message can be: then a smaller one is.
async function readPage(
  transport: Transport,
  plan: RangePlan,
  place: Place,
  options: NextOptions,
): Promise<Page> {
  const { key, rangeEnd, limit, revision } = place
  try {
    const request = { key, rangeEnd, limit, revision, ...plan.filters }
    return { place, response: await transport.unary(rangeMethod, request, options()) }
  } catch (error) {
    if (!isTooLarge(error) || limit === 1) throw error
    return readPage(transport, plan, { ...place, limit: Math.ceil(limit / growth) }, options)
  }
}

/** Whether an answer was larger than a message can be. */
export function isTooLarge(error: unknown): boolean {
  return error instanceof EtcdError && error.code === 'message-too-large'
}

/** Whether no key is left out for its revisions, which no stream can do. */
export function isUnbounded(bounds: RevisionBounds): boolean {
  return Object.values(bounds).every((bound) => !bound)
}

function nextPlace(
  { descending, pageSize }: RangePlan,
  { place, response }: Page,
): Place | undefined {
  const last = response.kvs.at(-1)
  const left = place.left - response.kvs.length
  if (!response.more || last === undefined || left === 0) return undefined
  const revision = place.revision || revisionOf(response.header)
  const limit = Math.min(left, pageSize ?? nextLimit(place.limit, response.kvs))
  if (!descending) return { ...placeAfter(place, last.key), limit, revision, left }
  // One zero byte is the very first key, and as an end it would mean none.
  if (equalBytes(last.key, zeroByte)) return undefined
  return { ...place, rangeEnd: last.key, limit, revision, left }
}

function placeAfter(place: Place, key: Uint8Array): Place {
  return { ...place, key: concatBytes(key, zeroByte) }
}

function nextLimit(limit: number, kvs: readonly KeyValue[]): number {
  let bytes = 0
  for (const { key, value } of kvs) bytes += key.length + value.length
  const fitting = Math.floor((wantedBytes * kvs.length) / Math.max(bytes, 1))
  return Math.max(1, Math.min(fitting, limit * growth, largestPageSize))
}
