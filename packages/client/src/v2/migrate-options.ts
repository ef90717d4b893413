// What may be asked of a migration, and what it tells.

import { EtcdError } from '@etcdkit/protocol'

/** How far a migration is, and at its end what it has done. */
export interface MigrateProgress {
  /** Keys that were written; in a dry run, that would be. */
  readonly copied: number
  /** Keys that were there already, with the same value, and with a lease if they are to end. */
  readonly unchanged: number
  /** Keys that differed, and were written over (`onConflict: 'overwrite'`). */
  readonly overwritten: number
  /** Keys that differed, and were left alone: with `onConflict: 'skip'`, or in a dry run. */
  readonly differing: number
  /** Keys whose time was over before they could be copied. */
  readonly expired: number
  /** Directories that were read. They become nothing but the prefix of what is in them. */
  readonly directories: number
  /** Leases that were made. */
  readonly leases: number
  /** The v2 keys of some that differed, at most 100. */
  readonly differingKeys: readonly string[]
}

/** Options of `migrate`. */
export interface MigrateOptions {
  /** The v3 key of a v2 key such as `/apps/web`; `undefined`: leave it out. Default: the same, with its slash, as `etcdctl migrate` does it. */
  readonly key?: ((key: string) => string | undefined) | undefined
  /** What to do about a v3 key that is there with another value. Default: `throw`. */
  readonly onConflict?: 'throw' | 'overwrite' | 'skip' | undefined
  /** Write nothing; tell what would be written. Default: false. */
  readonly dryRun?: boolean | undefined
  /** Read all of it again at the end, and reject if something is not the same. Default: true. */
  readonly verify?: boolean | undefined
  /** Transactions under way at the same time, from 1 to 64. Default: 4. */
  readonly concurrency?: number | undefined
  /** Called after each transaction. What it throws ends the migration. */
  readonly onProgress?: ((progress: MigrateProgress) => void) | undefined
  /** Ends it: rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds that one request may take. Default: the clients'. */
  readonly timeoutMs?: number | undefined
}

/**
 * A migration that did not come to its end, with what it had done by then: calling it again goes on from there. `code`:
 * `already-exists` for a v3 key with another value, `failed-precondition` when the verification found a difference.
 */
export class MigrateError extends EtcdError {
  /** What had been done. */
  readonly progress: MigrateProgress
  /** v2 keys whose v3 keys have other values, at most 100. */
  readonly keys: readonly string[]

  constructor(
    message: string,
    options: {
      readonly code: 'already-exists' | 'failed-precondition'
      readonly progress: MigrateProgress
      readonly keys: readonly string[]
    },
  ) {
    super(message, { code: options.code })
    this.name = 'MigrateError'
    this.progress = options.progress
    this.keys = options.keys
  }
}

const names = [
  ...['key', 'onConflict', 'dryRun', 'verify', 'concurrency', 'onProgress'],
  ...['signal', 'timeoutMs'],
]
const maxConcurrency = 64

/** Throws `TypeError` or `RangeError` on what cannot be. */
export function checkMigrate(options: MigrateOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('options must be an object')
  }
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) throw new TypeError(`there is no option ${JSON.stringify(name)}`)
  }
  const { key, onProgress, onConflict = 'throw', concurrency = 1 } = options
  for (const [name, value] of Object.entries({ key, onProgress })) {
    if (value !== undefined && typeof value !== 'function') {
      throw new TypeError(`${name} must be a function`)
    }
  }
  if (!['throw', 'overwrite', 'skip'].includes(onConflict)) {
    throw new TypeError('onConflict must be throw, overwrite or skip')
  }
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > maxConcurrency) {
    throw new RangeError(`concurrency must be a whole number from 1 to ${maxConcurrency}`)
  }
}
