// Takes the first item of a queue out of it: once, whoever else tries.

import { EtcdError } from '@etcdkit/protocol'
import { compare } from '../v3/compare.ts'
import type { Entry } from '../v3/entry.ts'
import type { Keyspace } from '../v3/keyspace.ts'
import type { SortKey } from '../v3/kv-options.ts'
import { op } from '../v3/op.ts'
import { everything } from '../v3/range.ts'
import { Bounds, type WaitOptions, within } from './bounds.ts'
import { persist } from './persist.ts'
import { assertWaitOptions, checked } from './recipe-options.ts'
import { waitForChange } from './wait-for-change.ts'

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
  return take(from, options, async (signal) => {
    for (;;) {
      const { item, revision } = await attempt(from, signal)
      if (item !== undefined) return item
      await waitForChange(from.items, everything, { from: revision + 1, only: 'put', signal })
    }
  })
}

/** Takes the first item; `undefined` if there is none. */
export async function tryTakeFirst<V>(
  from: TakeFrom<V>,
  options: WaitOptions,
): Promise<Entry<V> | undefined> {
  return take(from, options, async (signal) => (await attempt(from, signal)).item)
}

async function take<V, T>(
  { items, action }: TakeFrom<V>,
  options: WaitOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  checked(action, () => assertWaitOptions(options))
  return within(new Bounds(items.clock, options), action, ({ signal }) => {
    signal.throwIfAborted()
    return work(signal)
  })
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
