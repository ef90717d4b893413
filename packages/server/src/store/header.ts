// What stands at the head of answers.

import type { ResponseHeader } from '@etcdkit/protocol'

/** Makes the header of an answer given at `revision`. */
export type HeaderOf = (revision: number) => ResponseHeader

/** The header of an answer within a txn: but the revision. */
export function innerHeader(revision: number): ResponseHeader {
  return { clusterId: '0', memberId: '0', revision, raftTerm: 0 }
}
