// Who leads, from one leader to the next, whatever becomes of the connections under it.

import { Election, type KeyValue } from '@etcdkit/protocol'
import { Backoff } from '../backoff.ts'
import { Entry, type EntryScope } from '../entry.ts'
import { failure, isTransient } from '../failure.ts'
import { Deadline } from '../lease/lease-context.ts'
import type { ReadOptions } from '../options.ts'
import { endedEarly, type ServerStreamContext, serverStream } from '../server-stream.ts'

/** How to observe an election. */
export type ObserveOptions = Omit<ReadOptions, 'timeoutMs'>

/** What is observed. */
export interface Observed {
  readonly name: Uint8Array
  readonly action: string
  readonly options: ObserveOptions
}

/** The leaders, and what they proclaim. After a break the stream begins with who leads then: told before, it is left out. */
export async function* observeLeaders(
  context: ServerStreamContext,
  scope: EntryScope<string>,
  { name, action, options }: Observed,
): AsyncGenerator<Entry<string>, void, undefined> {
  const call = { requireLeader: true, ...options }
  const request = { method: Election.observe, message: { name }, options: call }
  const backoff = new Backoff()
  const forever = new Deadline(context.clock, 0)
  let last: KeyValue | undefined
  for (;;) {
    try {
      for await (const { kv } of serverStream(context, request)) {
        backoff.reset()
        if (kv === undefined || !follows(kv, last)) continue
        last = kv
        yield new Entry(kv, scope)
      }
      throw endedEarly()
    } catch (error) {
      if (options.signal?.aborted || !isTransient(error)) throw failure(action, error)
      await forever.pause(backoff.next(), options.signal)
    }
  }
}

// Who leads is the oldest candidate, so leaders follow one another by the creation of their keys.
function follows(kv: KeyValue, last: KeyValue | undefined): boolean {
  if (last === undefined || kv.createRevision > last.createRevision) return true
  return kv.createRevision === last.createRevision && kv.modRevision > last.modRevision
}
