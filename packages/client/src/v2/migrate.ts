// Copies a v2 tree into v3: reads it in batches, compares each with what is there, writes what is missing, and reads it
// all again at the end. Which files there are is for `migrate-walk.ts`.

import { EtcdError } from '@etcdkit/protocol'
import { systemClock } from '../v3/clock.ts'
import { bytes } from '../v3/codec.ts'
import { compare } from '../v3/compare.ts'
import type { Entry } from '../v3/entry.ts'
import { inputFailure, isTransient } from '../v3/failure.ts'
import type { Keyspace } from '../v3/keyspace.ts'
import { op } from '../v3/op.ts'
import { pause } from '../v3/pause.ts'
import type { V2Keyspace } from './keyspace.ts'
import { MigrateLeases } from './migrate-leases.ts'
import {
  checkMigrate,
  MigrateError,
  type MigrateOptions,
  type MigrateProgress,
} from './migrate-options.ts'
import { type Item, walk } from './migrate-walk.ts'
import type { V2CallOptions } from './verb-options.ts'

/** An item with its v3 key, and what is there. */
interface Placed extends Item {
  readonly target: string
  readonly entry: Entry<Uint8Array> | undefined
}

type Count = 'copied' | 'unchanged' | 'overwritten' | 'differing' | 'expired' | 'directories'

const maxAttempts = 10
const firstPauseMs = 50
const maxKeysTold = 100

/**
 * Copies all keys of a v2 client or keyspace into v3, byte by byte. Directories become the prefix of what is in them: the
 * directory `/apps` has no key of its own, and an empty one leaves nothing. What has a time to live, of its own or by a
 * directory above it, gets a lease for the time that is left; what ends in the same second shares one.
 *
 * May be called again at any time, with the same arguments: what is there already is compared and not written again, so
 * that a migration that was cut goes on. A v3 key that is there with another value is never written over unless
 * `onConflict` says so: the `MigrateError` names it. At the end everything is read again, on both sides, and a
 * difference rejects: so does a key that somebody wrote meanwhile.
 *
 * Hidden keys (`_name`), which no listing of etcd's has, are not seen: migrate their directory by a keyspace of its own.
 * Memory is bounded by the largest directory.
 *
 * @example
 * ```ts
 * import { Etcd } from 'etcdkit'
 * import { EtcdV2, migrate } from 'etcdkit/v2'
 *
 * await using v2 = new EtcdV2('http://old:2379')
 * await using v3 = new Etcd('http://new:2379')
 * console.log(await migrate(v2, v3, { dryRun: true }))
 * const { copied } = await migrate(v2.keyspace('apps'), v3.keyspace('apps'), {
 *   onProgress: ({ copied }) => console.log(`${copied} keys`),
 * })
 * console.log(`${copied} keys are there`)
 * ```
 */
export async function migrate(
  v2: V2Keyspace<unknown, never>,
  v3: Keyspace<unknown, never>,
  options: MigrateOptions = {},
): Promise<MigrateProgress> {
  try {
    checkMigrate(options)
  } catch (error) {
    throw inputFailure('migrate', error)
  }
  return new Migration(v2.keyspace('/', bytes), v3, options).run()
}

class Migration {
  readonly #v2: V2Keyspace<Uint8Array>
  readonly #v3: Keyspace<Uint8Array>
  readonly #options: MigrateOptions
  readonly #call: V2CallOptions
  readonly #leases: MigrateLeases
  readonly #differing: string[] = []
  readonly #counts: Record<Count, number> = {
    copied: 0,
    unchanged: 0,
    overwritten: 0,
    differing: 0,
    expired: 0,
    directories: 0,
  }

  constructor(v2: V2Keyspace<Uint8Array>, v3: Keyspace<unknown, never>, options: MigrateOptions) {
    const { signal, timeoutMs } = options
    this.#v2 = v2
    this.#v3 = v3.keyspace('', bytes)
    this.#options = options
    // A limit that is `undefined` would be none.
    this.#call = { ...(signal && { signal }), ...(timeoutMs !== undefined && { timeoutMs }) }
    this.#leases = new MigrateLeases(v3, this.#call)
  }

  async run(): Promise<MigrateProgress> {
    const { dryRun, verify = true } = this.#options
    await this.#pass(
      (batch) => this.#copy(batch),
      () => this.#add('directories'),
    )
    if (dryRun !== true && verify) await this.#verify()
    return this.#progress()
  }

  // Batches in the order of the walk, a few of them at a time. None is under way any more when it rejects.
  async #pass(
    each: (batch: readonly Item[]) => Promise<void>,
    onDirectory: () => void,
  ): Promise<void> {
    const { concurrency = 4, signal, onProgress } = this.#options
    const working: Promise<void>[] = []
    const first = async (): Promise<void> => {
      await working.shift()
      onProgress?.(this.#progress())
    }
    try {
      for await (const batch of walk(this.#v2, { options: this.#call, onDirectory })) {
        signal?.throwIfAborted()
        const work = each(batch)
        work.catch(() => undefined)
        working.push(work)
        if (working.length >= concurrency) await first()
      }
      while (working.length > 0) await first()
    } catch (error) {
      throw error instanceof TypeError ? inputFailure('migrate', error) : error
    } finally {
      await Promise.allSettled(working)
    }
  }

  async #copy(batch: readonly Item[]): Promise<void> {
    const { signal } = this.#options
    // What was sent and may have been applied.
    const tried = new Set<string>()
    for (let attempt = 1; ; attempt++) {
      try {
        if (await this.#tryCopy(await this.#place(batch), tried)) return
      } catch (error) {
        // Whether it was applied is seen when it is read again.
        if (!isTransient(error) || attempt >= maxAttempts) throw error
      }
      if (attempt >= maxAttempts) throw contended()
      await pause(systemClock, firstPauseMs * attempt, signal)
      signal?.throwIfAborted()
    }
  }

  // Answers `false` when somebody else wrote one of the keys meanwhile.
  async #tryCopy(batch: readonly Placed[], tried: Set<string>): Promise<boolean> {
    const live = batch.filter((item) => !isOver(item))
    const same = live.filter(isSame)
    const news = live.filter(({ entry }) => entry === undefined)
    const others = live.filter((item) => item.entry !== undefined && !isSame(item))
    const { onConflict = 'throw', dryRun } = this.#options
    const isRefused = onConflict === 'throw' && dryRun !== true && others.length > 0
    if (isRefused) throw this.#conflict(others)
    const written = onConflict === 'overwrite' ? [...news, ...others] : news
    if (dryRun !== true && written.length > 0 && !(await this.#write(written, tried))) return false
    const copiedBefore = same.filter(({ key }) => tried.has(key)).length
    this.#add('copied', news.length + copiedBefore)
    this.#add('unchanged', same.length - copiedBefore)
    this.#add('expired', batch.length - live.length)
    if (onConflict === 'overwrite') this.#add('overwritten', others.length)
    else this.#differs(others)
    return true
  }

  async #write(items: readonly Placed[], tried: Set<string>): Promise<boolean> {
    const puts = await Promise.all(
      items.map(async ({ target, value, ending }) =>
        op.put(target, value, ending && { lease: await this.#leases.at(ending) }),
      ),
    )
    for (const { key } of items) tried.add(key)
    const unchanged = items.map(({ target, entry }) =>
      compare.modRevision(target).equals(entry?.modRevision ?? 0),
    )
    const { succeeded } = await this.#v3.txn({ if: unchanged, then: puts }, this.#call)
    return succeeded
  }

  // Everything is read once more: what has been changed since, on either side, is told.
  async #verify(): Promise<void> {
    const different: string[] = []
    let count = 0
    const check = async (batch: readonly Item[]): Promise<void> => {
      for (const item of await this.#place(batch)) {
        if (isOver(item) || isSame(item)) continue
        // Left alone, as was asked for.
        if (this.#options.onConflict === 'skip' && item.entry !== undefined) continue
        count += 1
        if (different.length < maxKeysTold) different.push(item.key)
      }
    }
    await this.#pass(check, () => undefined)
    if (count === 0) return
    throw new MigrateError(`Cannot migrate: ${count} keys are not the same: ${listOf(different)}`, {
      code: 'failed-precondition',
      progress: this.#progress(),
      keys: different,
    })
  }

  // What is at the places of a batch, at one revision.
  async #place(batch: readonly Item[]): Promise<Placed[]> {
    const { key: targetOf = (key: string) => key } = this.#options
    const placed = batch.flatMap((item) => {
      const target = targetOf(item.key)
      return target === undefined ? [] : [{ ...item, target }]
    })
    if (placed.length === 0) return []
    const gets = placed.map(({ target }) => op.get(target))
    const { results } = await this.#v3.txn({ then: gets }, this.#call)
    return placed.map((item, at) => ({ ...item, entry: results[at] }))
  }

  #conflict(items: readonly Placed[]): MigrateError {
    const keys = items.map(({ key }) => key)
    const fact = `${items.length} keys are there with other values: ${listOf(keys)}`
    this.#differs(items)
    const progress = this.#progress()
    return new MigrateError(`Cannot migrate: ${fact}`, { code: 'already-exists', progress, keys })
  }

  #differs(items: readonly Placed[]): void {
    this.#add('differing', items.length)
    const room = maxKeysTold - this.#differing.length
    this.#differing.push(...items.slice(0, room).map(({ key }) => key))
  }

  #add(count: Count, by = 1): void {
    this.#counts[count] += by
  }

  #progress(): MigrateProgress {
    const differingKeys = [...this.#differing]
    return { ...this.#counts, leases: this.#leases.count, differingKeys }
  }
}

function isOver({ ending }: Item): boolean {
  return ending !== undefined && ending.at <= performance.now()
}

function isSame({ entry, value, ending }: Placed): boolean {
  if (entry === undefined || (entry.lease !== undefined) !== (ending !== undefined)) return false
  const there = entry.value
  return there.length === value.length && there.every((byte, at) => byte === value[at])
}

function listOf(keys: readonly string[]): string {
  const some = keys.slice(0, 5).map((key) => JSON.stringify(key))
  return keys.length > some.length ? `${some.join(', ')}, …` : some.join(', ')
}

function contended(): EtcdError {
  return new EtcdError('Cannot migrate: others write the same keys in v3 again and again', {
    code: 'aborted',
  })
}
