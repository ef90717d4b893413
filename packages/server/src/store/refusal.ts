// The errors a store throws.

import { CompactedError, EtcdError, type EtcdErrorCode, statusOf } from '@etcdkit/protocol'

/** What etcd refuses with that code, in etcd's words. Nothing was applied. */
export function refusal(code: EtcdErrorCode): EtcdError {
  return new EtcdError(statusOf(code).message, { code, outcome: 'not-applied' })
}

/** The revision asked for is gone; those from `compactRevision` on are there. */
export function compacted(compactRevision: number): CompactedError {
  const { message } = statusOf('compacted')
  return new CompactedError(message, { outcome: 'not-applied', compactRevision })
}
