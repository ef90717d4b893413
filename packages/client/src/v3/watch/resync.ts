// The state that a watch is given in place of history that is gone: all keys of its range at one revision.

import {
  CompactedError,
  EtcdError,
  type KeyValue,
  type RangeResponse,
  type Transport,
} from '@etcdkit/protocol'
import { Backoff } from '../backoff.ts'
import type { Clock } from '../clock.ts'
import { isTransient } from '../failure.ts'
import type { ReadOptions } from '../options.ts'
import { pause } from '../pause.ts'
import { type RangePlan, readRange } from '../range-reader.ts'
import { revisionOf } from '../results.ts'
import type { Span } from '../scope.ts'
import { sizeOfEntry } from './watch-buffer.ts'

/** How a watch makes good what was compacted. */
export interface ResyncPlan {
  /** What the state may take, in bytes. */
  readonly maxBytes: number
  /** How to read it. */
  readonly options: Pick<ReadOptions, 'headers' | 'endpoint' | 'requireLeader'>
}

/** The keys of a range at one revision. */
export interface State {
  readonly kvs: readonly KeyValue[]
  readonly revision: number
  /** About how much memory it takes. */
  readonly bytes: number
}

/** What reading a state works with. */
export interface ResyncContext {
  readonly transport: Transport
  readonly clock: Clock
}

/** How often reading may be overtaken by another compaction before it is given up. */
const maxOvertaken = 10

/** About how much memory a key takes beside its bytes. */
const keyOverhead = 200

/**
 * Reads all keys of `span` at one revision, page by page. Like the watch it is for, it outlives any outage, until
 * `signal` aborts. When the revision is compacted while it is read, it begins anew at a newer one, ten times at most:
 * then it rejects with `CompactedError`. Rejects with `resource-exhausted` when the state is larger than allowed.
 */
export async function readState(
  context: ResyncContext,
  span: Span,
  { maxBytes, options, signal }: ResyncPlan & { readonly signal: AbortSignal },
): Promise<State> {
  const plan: RangePlan = { span, descending: false, filters: {} }
  const call = { ...options, signal }
  const backoff = new Backoff()
  for (let overtaken = 0; ; ) {
    let state: State | undefined
    try {
      state = await collect(
        readRange(context.transport, plan, () => call),
        maxBytes,
      )
    } catch (error) {
      if (error instanceof CompactedError && ++overtaken < maxOvertaken) continue
      if (signal.aborted || !isTransient(error)) throw error
      await pause(context.clock, backoff.next(), signal)
      continue
    }
    if (state !== undefined) return state
    const message = `the state to go on from is larger than ${maxBytes} bytes`
    throw new EtcdError(message, { code: 'resource-exhausted' })
  }
}

/** All that is read; `undefined` if it is too much. */
async function collect(
  pages: AsyncIterable<RangeResponse>,
  maxBytes: number,
): Promise<State | undefined> {
  const kvs: KeyValue[] = []
  let [revision, bytes] = [0, 0]
  for await (const page of pages) {
    // Later pages tell the store's revision of then.
    if (revision === 0) revision = revisionOf(page.header)
    for (const kv of page.kvs) {
      kvs.push(kv)
      bytes += sizeOfEntry(kv) + keyOverhead
    }
    if (bytes > maxBytes) return undefined
  }
  return { kvs, revision, bytes }
}
