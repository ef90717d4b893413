// Everything that is asked of two servers.

import fc from 'fast-check'
import type { Operation } from '../operation.ts'
import { authSequences } from './auth.ts'
import { claimSequences } from './claims.ts'
import { dataSequences } from './sequences.ts'
import { upkeepSequences } from './upkeep.ts'

/** Mostly of keys, leases and watches. */
export const allSequences: fc.Arbitrary<Operation[]> = fc.oneof(
  { arbitrary: dataSequences, weight: 10 },
  { arbitrary: authSequences, weight: 6 },
  { arbitrary: upkeepSequences, weight: 3 },
  { arbitrary: claimSequences, weight: 2 },
)
