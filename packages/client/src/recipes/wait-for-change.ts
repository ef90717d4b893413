// The wait for a change of keys, across outages.

import { CompactedError } from '@etcdkit/protocol'
import type { Key, KeyRange } from '../v3/key.ts'
import type { Keyspace } from '../v3/keyspace.ts'
import type { WatchEvent } from '../v3/watch/watch-event.ts'
import { persist } from './persist.ts'
import type { RecipeKeys } from './recipe-keys.ts'

/** Which change is waited for. */
export interface ChangeWait<V> {
  /** The first revision that counts. */
  readonly from: number
  readonly signal: AbortSignal
  /** Default: puts and deletes. */
  readonly only?: 'put' | 'delete'
  /** Is told of every change, in order, and answers whether it is the one. Default: the first is. */
  readonly isWanted?: (event: WatchEvent<V>) => boolean
}

/** Resolves with `true` when the change has come, with `false` when nobody can tell any more: then read how things stand. */
export async function waitForChange<V>(
  keys: Keyspace<V, never>,
  target: Key | KeyRange,
  { isWanted = () => true, ...wait }: ChangeWait<V>,
): Promise<boolean> {
  const watch = keys.watch(target, { ...wait, timeoutMs: 0 })
  try {
    for await (const event of watch) if (isWanted(event)) return true
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error
  } finally {
    watch.cancel()
  }
  return false
}

/** Resolves when no key is left. */
export async function waitUntilGone(
  keys: RecipeKeys,
  target: Key | KeyRange,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const { entries, revision } = await persist(keys.clock, signal, () =>
      keys.list(target, { keysOnly: true, limit: 1, signal }),
    )
    const [left] = entries
    if (left === undefined) return
    await waitForChange(keys, left.keyBytes, { from: revision + 1, only: 'delete', signal })
  }
}
