// The options of the verbs on keys.

import type { ReadOptions, WriteOptions } from './options.ts'

/** A lease: its id as a decimal string, or anything that has one, such as a `Lease`. */
export type LeaseRef = string | { readonly id: string }

/** How to put a key. */
export interface PutOptions extends WriteOptions {
  /** Attach the key to this lease. Default: none, which detaches a key that has one. */
  readonly lease?: LeaseRef | undefined
  /** Answer with the key as it was before. */
  readonly previous?: boolean | undefined
  /** Keep the value that is there; the key must exist, and the value given be `undefined`. */
  readonly ignoreValue?: boolean | undefined
  /** Keep the lease that is there; the key must exist. */
  readonly ignoreLease?: boolean | undefined
}

/** How to get a key. */
export interface GetOptions extends ReadOptions {
  /** Revision to read at. Default: the newest. */
  readonly revision?: number | undefined
  /** Let the member asked answer from its own state, which may be stale, without asking its peers. */
  readonly serializable?: boolean | undefined
}

/** How to delete keys. */
export interface DeleteOptions extends WriteOptions {
  /** Answer with the keys as they were before. */
  readonly previous?: boolean | undefined
}

/** How to count keys. */
export type CountOptions = GetOptions

/** Which keys of a range to leave out. */
export interface RevisionBounds {
  /** Leave out keys last changed before this revision. */
  readonly minModRevision?: number | undefined
  /** Leave out keys last changed after this revision. */
  readonly maxModRevision?: number | undefined
  /** Leave out keys that came into being before this revision. */
  readonly minCreateRevision?: number | undefined
  /** Leave out keys that came into being after this revision. */
  readonly maxCreateRevision?: number | undefined
}

/** What a list can be sorted by. */
export type SortKey = 'key' | 'version' | 'createRevision' | 'modRevision' | 'value'

/** Which way a list is sorted. */
export type Order = 'ascending' | 'descending'

/** What to list of a range, and how. */
export interface ListSelection extends RevisionBounds {
  /** At most this many keys; 0 for all. Default: all. */
  readonly limit?: number | undefined
  /** What to sort by. Default: the key. */
  readonly sort?: SortKey | undefined
  /** Default: `ascending`. */
  readonly order?: Order | undefined
  /** Revision to read at. Default: the newest. */
  readonly revision?: number | undefined
  /** Let the member asked answer from its own state, which may be stale, without asking its peers. */
  readonly serializable?: boolean | undefined
  /** Leave out the values. */
  readonly keysOnly?: boolean | undefined
}

/** How to list keys. */
export interface ListOptions extends ReadOptions, ListSelection {
  readonly keysOnly?: false | undefined
}

/** How to list keys without their values. */
export interface ListKeysOptions extends ReadOptions, ListSelection {
  readonly keysOnly: boolean
}

/** How to compact. */
export interface CompactOptions extends WriteOptions {
  /** Answer only when the space is free again on the member's disk. */
  readonly physical?: boolean | undefined
}

/** How to scan a range. */
export interface ScanOptions extends ReadOptions, RevisionBounds {
  /**
   * Keys to ask for at a time. Default: as many as make about 1 MiB, found out on the way, or a stream where the server has
   * that.
   */
  readonly pageSize?: number | undefined
  /**
   * Which way to go. Default: `ascending`. `descending` makes the server sort what is left of the range for each page.
   */
  readonly order?: Order | undefined
  /** Revision to read at. Default: the newest when the first page is read. */
  readonly revision?: number | undefined
  /** Let the member asked answer from its own state, which may be stale, without asking its peers. */
  readonly serializable?: boolean | undefined
  /** Leave out the values. */
  readonly keysOnly?: boolean | undefined
}
