// Takes the first item of a queue out of it: once, whoever else tries.

import { CompactedError, EtcdError } from '@etcdkit/protocol'
import { compare } from '../v3/compare.ts'
import type { Entry } from '../v3/entry.ts'
import { failure, inputFailure } from '../v3/failure.ts'
import type { Keyspace } from '../v3/keyspace.ts'
import type { SortKey } from '../v3/kv-options.ts'
import { op } from '../v3/op.ts'
import { everything } from '../v3/range.ts'
import { Bounds, type WaitOptions } from './bounds.ts'
import { persist } from './persist.ts'
import { assertWaitOptions } from './recipe-options.ts'

/**
 * An item may have been taken, and nobody knows: the answer was lost. `outcome` is `unknown`. The item is here, so that
 * it is not lost: if it is still in the queue, somebody else will get it as well.
 */
export class UncertainTakeError<V> extends EtcdError {
  readonly item: Entry<V>

  /** @internal */
  constructor(item: Entry<V>, cause: EtcdError) {
    super(`${cause.message}; the item may have been taken: see item`, {
      code: cause.code,
      outcome: 'unknown',
      endpoint: cause.endpoint,
      cause,
    })
    this.name = 'UncertainTakeError'
    this.item = item
  }
}

/** A queue to take from. */
export interface TakeFrom<V> {
  readonly items: Keyspace<V, never>
  /** What the first item is the first by. */
  readonly sort: SortKey
  /** What it is called in messages. */
  readonly action: string
}

/** Takes the first item, once there is one. */
export async function takeFirst<V>(from: TakeFrom<V>, options: WaitOptions): Promise<Entry<V>> {
  return within(from, options, async (signal) => {
    for (;;) {
      const { item, revision } = await attempt(from, signal)
      if (item !== undefined) return item
      await waitForPut(from.items, revision + 1, signal)
    }
  })
}

/** Takes the first item; `undefined` if there is none. */
export async function tryTakeFirst<V>(
  from: TakeFrom<V>,
  options: WaitOptions,
): Promise<Entry<V> | undefined> {
  return within(from, options, async (signal) => (await attempt(from, signal)).item)
}

async function within<V, T>(
  { items, action }: TakeFrom<V>,
  options: WaitOptions,
  take: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  try {
    assertWaitOptions(options)
  } catch (error) {
    throw inputFailure(action, error)
  }
  const bounds = new Bounds(items.clock, options)
  try {
    bounds.signal.throwIfAborted()
    return await take(bounds.signal)
  } catch (error) {
    throw failure(action, error)
  } finally {
    bounds.release()
  }
}

interface Attempt<V> {
  readonly item: Entry<V> | undefined
  /** The revision of which it is known that nothing was there. */
  readonly revision: number
}

async function attempt<V>({ items, sort }: TakeFrom<V>, signal: AbortSignal): Promise<Attempt<V>> {
  const first = { limit: 1, sort, order: 'ascending', signal } as const
  for (;;) {
    const { entries, revision } = await persist(items.clock, signal, () =>
      items.list(everything, first),
    )
    const [item] = entries
    if (item === undefined) return { item, revision }
    if (await remove(items, item)) return { item, revision }
    // Somebody else was faster, so somebody got on.
  }
}

async function remove<V>(items: Keyspace<V, never>, item: Entry<V>): Promise<boolean> {
  try {
    const { succeeded } = await items.txn(
      {
        if: [compare.modRevision(item.keyBytes).equals(item.modRevision)],
        then: [op.delete(item.keyBytes)],
      },
      // The caller's abort must not leave open whether the item is gone.
      {},
    )
    return succeeded
  } catch (error) {
    if (!(error instanceof EtcdError) || error.outcome !== 'unknown') throw error
    throw new UncertainTakeError(item, error)
  }
}

async function waitForPut(
  items: Keyspace<unknown, never>,
  from: number,
  signal: AbortSignal,
): Promise<void> {
  const watch = items.watch(everything, { from, only: 'put', signal, timeoutMs: 0 })
  try {
    for await (const _ of watch) return
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error
  } finally {
    watch.cancel()
  }
}
