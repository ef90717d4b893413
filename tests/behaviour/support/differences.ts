// Where servers differ by version in what these suites look at. The sections are those of reference/server-v3.md.

import type { SuiteServer } from '../../support/suites.ts'

/** What a version does its own way. */
interface Differences {
  /** Section 3, `keys_only`: the lease of an entry without its value. */
  readonly keysOnlyTellsLease: boolean
  /** Section 3, unknown sort enum value. */
  readonly unknownSortOrder: 'ignored' | 'invalid-sort-option'
}

const upTo35: Differences = { keysOnlyTellsLease: true, unknownSortOrder: 'ignored' }

const newest: Differences = { keysOnlyTellsLease: false, unknownSortOrder: 'invalid-sort-option' }

const byMinor: Readonly<Record<string, Differences>> = {
  '3.4': upTo35,
  '3.5': upTo35,
  // What the embedded server says it is.
  '3.6': { ...newest, keysOnlyTellsLease: true },
}

/** What the server does its own way. */
export function differencesOf({ version }: SuiteServer): Differences {
  const [minor] = /^\d+\.\d+/.exec(version) ?? []
  return byMinor[minor ?? ''] ?? newest
}
