// Software transactional memory: reads and writes in plain code, committed together or run again.

import { CompactedError } from '@etcdkit/protocol'
import { Backoff } from '../v3/backoff.ts'
import type { Key } from '../v3/key.ts'
import { keyToBytes } from '../v3/key.ts'
import type { Keyspace } from '../v3/keyspace.ts'
import { assertOneOf } from '../v3/options.ts'
import { pause } from '../v3/pause.ts'
import { Bounds, type WaitOptions, within } from './bounds.ts'
import { assertWaitOptions, checked } from './recipe-options.ts'
import { StmCommit } from './stm-commit.ts'
import { type Isolation, isolations, type Snapshot, StmReads } from './stm-reads.ts'
import { StmTransaction } from './stm-transaction.ts'

/** How to run a transaction. */
export interface StmOptions extends WaitOptions {
  /** What it may see of others. Default: `serializable-snapshot`. */
  readonly isolation?: Isolation | undefined
  /** Keys to read ahead, all in one call. */
  readonly prefetch?: readonly Key[] | undefined
  /** Milliseconds for all attempts together, 0 or `Infinity` for no limit. Default: 5,000. */
  readonly timeoutMs?: number | undefined
}

const defaultTimeoutMs = 5000
const longestPauseMs = 100

/**
 * Runs `task`, and commits what it has put and deleted in one transaction, if nothing it depends on has changed by then.
 * If something has, it is run again, until it commits or time is up (`deadline-exceeded`): it must have no other effects.
 * Resolves with what the task gives back. What it throws writes nothing, and is thrown.
 *
 * When the answer to the commit is lost the error's `outcome` is `unknown`.
 *
 * @example
 * ```ts
 * import { Etcd, json, stm } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const accounts = etcd.keyspace('accounts/', json<number>())
 * await stm(accounts, async (txn) => {
 *   const [from = 0, to = 0] = await Promise.all([txn.get('alice'), txn.get('bob')])
 *   txn.put('alice', from - 10)
 *   txn.put('bob', to + 10)
 * })
 * ```
 */
export async function stm<V, W, R>(
  keys: Keyspace<V, W>,
  task: (txn: StmTransaction<V, W>) => Promise<R> | R,
  options: StmOptions = {},
): Promise<R> {
  const action = 'run the transaction'
  checked(action, () => {
    if (typeof task !== 'function') throw new TypeError('the task is a function')
    assertWaitOptions(options, 'isolation', 'prefetch')
    if (options.isolation !== undefined) assertOneOf(options.isolation, 'isolation', isolations)
    for (const key of options.prefetch ?? []) keyToBytes(key)
  })
  const { timeoutMs = defaultTimeoutMs } = options
  const bounds = new Bounds(keys.clock, { ...options, timeoutMs })
  return within(bounds, action, () => attempts(keys, task, options, bounds))
}

async function attempts<V, W, R>(
  keys: Keyspace<V, W>,
  task: (txn: StmTransaction<V, W>) => Promise<R> | R,
  { isolation = 'serializable-snapshot', prefetch = [] }: StmOptions,
  bounds: Bounds,
): Promise<R> {
  const { signal } = bounds
  const backoff = new Backoff(longestPauseMs)
  let snapshot: Snapshot<V> | undefined
  for (;;) {
    signal.throwIfAborted()
    const reads = new StmReads(keys, isolation, signal)
    try {
      if (snapshot !== undefined) reads.seed(snapshot)
      else if (prefetch.length > 0) await reads.prefetch(prefetch)
      const txn = new StmTransaction(keys, reads)
      const result = await bounds.race((async () => task(txn))())
      txn.close()
      const outcome = await new StmCommit(keys, reads, txn.writes).run(bounds.write)
      if (outcome === 'committed') return result
      snapshot = outcome
    } catch (error) {
      // What was read is forgotten by now, so it has changed.
      if (!(error instanceof CompactedError)) throw error
      snapshot = undefined
    }
    await pause(keys.clock, backoff.next(), signal)
  }
}
