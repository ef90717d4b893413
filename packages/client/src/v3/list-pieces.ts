// A list that is more than one message can be, read in pieces instead, all at one revision.

import type { CallOptions, KeyValue, RangeResponse, Transport } from '@etcdkit/protocol'
import type { Clock } from './clock.ts'
import { describeTarget, failure } from './failure.ts'
import type { Key, KeyRange } from './key.ts'
import type { ListSelection } from './kv-options.ts'
import type { ReadOptions } from './options.ts'
import { planRange } from './range-plan.ts'
import { isTooLarge, readRange } from './range-reader.ts'
import type { Scope } from './scope.ts'

/** What a list goes through, and when it must be done. */
export interface ListContext {
  readonly transport: Transport
  readonly clock: Clock
  /** Milliseconds for a list that has no limit of its own; 0 for none. */
  readonly timeoutMs: number
}

/** What is listed. */
export interface ListInput {
  readonly scope: Scope<unknown, never>
  readonly target: Key | KeyRange
  readonly options: ReadOptions & ListSelection
  /** When it began, by the clock. */
  readonly startedAt: number
}

/**
 * The answer to a list whose `error` says that it is too large for one message, as if it had come in one. Throws the
 * `error` if it says something else, or if the list is sorted by other than the key, which only the server can do.
 */
export async function listPieces(
  { transport, clock, timeoutMs }: ListContext,
  { scope, target, options, startedAt }: ListInput,
  error: unknown,
): Promise<RangeResponse> {
  if (!isTooLarge(error) || (options.sort ?? 'key') !== 'key') throw error
  const endsAt = startedAt + ((options.timeoutMs ?? timeoutMs) || Number.POSITIVE_INFINITY)
  const next = (): CallOptions => ({ ...options, timeoutMs: Math.max(1, endsAt - clock.now()) })
  let first: RangeResponse | undefined
  let more = false
  const kvs: KeyValue[] = []
  try {
    for await (const piece of readRange(transport, planRange(scope, target, options), next)) {
      first ??= piece
      more = piece.more
      for (const kv of piece.kvs) kvs.push(kv)
    }
  } catch (cause) {
    throw failure(`list ${describeTarget(target)}`, cause)
  }
  // There is a first piece, or an error was thrown.
  return { ...(first as RangeResponse), kvs, more }
}
