// What can be said against a request without looking at the store.

import type { DeleteRangeRequest, PutRequest, RangeRequest, TxnRequest } from '@etcdkit/protocol'

/** Throws `empty-key`, `invalid-sort-option`. */
export function assertRangeRequest(request: RangeRequest): void {
  throw new Error('not yet', { cause: request })
}

/** Throws `empty-key`, `value-provided`, `lease-provided`. */
export function assertPutRequest(request: PutRequest): void {
  throw new Error('not yet', { cause: request })
}

/** Throws `empty-key`. */
export function assertDeleteRangeRequest(request: DeleteRangeRequest): void {
  throw new Error('not yet', { cause: request })
}

/** Both branches, nested ones too. Throws `too-many-ops`, `duplicate-key`, `key-not-found` for an operation that is none, and what its operations throw. */
export function assertTxnRequest(request: TxnRequest, maxTxnOps = 128): void {
  throw new Error('not yet', { cause: [request, maxTxnOps] })
}
