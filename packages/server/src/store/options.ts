// What a store can be told, and what holds where it is told nothing.

import type { Clock } from './clock.ts'

/** Who answers: goes into every header. */
export interface Identity {
  /** The cluster, as decimal text. */
  readonly clusterId: string
  /** The member, as decimal text. */
  readonly memberId: string
  /** The raft term. */
  readonly raftTerm: number
}

/** What a store can be told. All but the clock has etcd's own default. */
export interface StoreOptions {
  /** Times leases, progress notifications and the catching up of watches. */
  readonly clock: Clock
  /** Who answers. Default: ids of "1", term 2. */
  readonly identity?: Identity | undefined
  /** Most operations in one list of a txn. Default 128. */
  readonly maxTxnOps?: number | undefined
  /** Shortest time to live a lease is granted; shorter ones are raised to it. Default 2. */
  readonly minLeaseTtlSeconds?: number | undefined
  /** How often expired leases are looked for. Default 500. */
  readonly leaseCheckMs?: number | undefined
  /** Most leases revoked at one such look. Default 500. */
  readonly leaseRevokesPerCheck?: number | undefined
  /** Size at which puts and grants fail and the NOSPACE alarm goes off; negative for none. Default 2 GiB. */
  readonly quotaBytes?: number | undefined
  /** Largest request, in bytes; a watch with `fragment` splits answers 512 KiB above it. Default 1.5 MiB. */
  readonly maxRequestBytes?: number | undefined
  /** How often a watch that asked for it and saw no event is told the revision. Default 10 minutes. */
  readonly watchProgressMs?: number | undefined
  /** Most revisions in one answer about the past. Default 1000. */
  readonly watchBatchRevisions?: number | undefined
  /** Pause between two such answers to a watch. Default 0 (etcd: 100); the first comes at once. */
  readonly watchCatchUpMs?: number | undefined
  /** Answers a watch stream holds for a reader that is behind, before it goes back to history. Default 128. */
  readonly watchPendingResponses?: number | undefined
  /** How long a token is good for since its last use. Default 300. */
  readonly authTokenTtlSeconds?: number | undefined
  /** A number from 0 up to 1, for lease ids and the jitter of progress notifications. Default `Math.random`. */
  readonly random?: (() => number) | undefined
}

/** The options with nothing left open. */
export type StoreSettings = { readonly [K in keyof StoreOptions]-?: NonNullable<StoreOptions[K]> }

/** Fills in the defaults. Throws `RangeError` on a number that cannot be. */
export function resolveSettings(options: StoreOptions): StoreSettings {
  const settings: StoreSettings = {
    clock: options.clock,
    identity: options.identity ?? { clusterId: '1', memberId: '1', raftTerm: 2 },
    maxTxnOps: options.maxTxnOps ?? 128,
    minLeaseTtlSeconds: options.minLeaseTtlSeconds ?? 2,
    leaseCheckMs: options.leaseCheckMs ?? 500,
    leaseRevokesPerCheck: options.leaseRevokesPerCheck ?? 500,
    quotaBytes: options.quotaBytes ?? 2 * 1024 ** 3,
    maxRequestBytes: options.maxRequestBytes ?? 1.5 * 1024 ** 2,
    watchProgressMs: options.watchProgressMs ?? 600_000,
    watchBatchRevisions: options.watchBatchRevisions ?? 1000,
    watchCatchUpMs: options.watchCatchUpMs ?? 0,
    watchPendingResponses: options.watchPendingResponses ?? 128,
    authTokenTtlSeconds: options.authTokenTtlSeconds ?? 300,
    random: options.random ?? Math.random,
  }
  for (const name of positive) {
    if (!(settings[name] > 0))
      throw new RangeError(`Cannot open store: ${name} is ${settings[name]}`)
  }
  return settings
}

const positive = [
  'leaseCheckMs',
  'leaseRevokesPerCheck',
  'watchProgressMs',
  'watchBatchRevisions',
  'authTokenTtlSeconds',
] as const
