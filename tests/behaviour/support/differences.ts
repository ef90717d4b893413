// Where servers differ by version in what these suites look at. The sections are those of reference/server-v3.md.

import type { SuiteServer } from '../../support/suites.ts'

/** What a version does its own way. */
interface Differences {
  /** Section 3, `keys_only`: the lease of an entry without its value. */
  readonly keysOnlyTellsLease: boolean
  /** Section 3, unknown sort enum value. */
  readonly unknownSortOrder: 'ignored' | 'invalid-sort-option'
  /** Section 3, RangeStream. */
  readonly rangeStream: 'answered' | 'unimplemented'
  /** Section 9, token metadata: a token that is none while auth is off. */
  readonly tokenWithAuthOff: 'ignored' | 'invalid-auth-token'
  /** Section 9, AuthStatus: from 3.5 on. */
  readonly tellsAuthStatus: boolean
  /** Section 9, KV: leave for what a transaction within a transaction does. */
  readonly checksNestedTxns: boolean
  /** Section 9, admin only: compaction and raising alarms among it. */
  readonly onlyRootOperates: boolean
  /** Section 11, Status: storage version and quota. */
  readonly tellsStorage: boolean
  /** Section 11, Downgrade: the version it can be to; `undefined` where there is no such thing. */
  readonly downgrades: string | undefined
}

const newest: Differences = {
  keysOnlyTellsLease: false,
  unknownSortOrder: 'invalid-sort-option',
  rangeStream: 'answered',
  tokenWithAuthOff: 'ignored',
  tellsAuthStatus: true,
  checksNestedTxns: true,
  onlyRootOperates: true,
  tellsStorage: true,
  downgrades: '3.5.0',
}

const of35: Differences = {
  ...newest,
  keysOnlyTellsLease: true,
  unknownSortOrder: 'ignored',
  rangeStream: 'unimplemented',
  tellsStorage: false,
  downgrades: '3.4.0',
}

const byMinor: Readonly<Record<string, Differences>> = {
  '3.4': {
    ...of35,
    tokenWithAuthOff: 'invalid-auth-token',
    tellsAuthStatus: false,
    checksNestedTxns: false,
    onlyRootOperates: false,
    downgrades: undefined,
  },
  '3.5': of35,
  // What the embedded server says it is.
  '3.6': { ...newest, keysOnlyTellsLease: true },
}

/** What the server does its own way. */
export function differencesOf({ version }: SuiteServer): Differences {
  const [minor] = /^\d+\.\d+/.exec(version) ?? []
  return byMinor[minor ?? ''] ?? newest
}
