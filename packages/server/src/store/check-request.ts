// What can be said against a request without looking at the store, in the order in which etcd says it.

import {
  type DeleteRangeRequest,
  type PutRequest,
  type RangeRequest,
  type RequestOp,
  SortOrder,
  SortTarget,
  type TxnRequest,
} from '@etcdkit/protocol'
import { assertNoDuplicates } from './check-duplicates.ts'
import { refusal } from './refusal.ts'

const sortOrders: ReadonlySet<number> = new Set(Object.values(SortOrder))
const sortTargets: ReadonlySet<number> = new Set(Object.values(SortTarget))

/** Throws `empty-key`, `invalid-sort-option`. */
export function assertRangeRequest(request: RangeRequest): void {
  assertKey(request.key)
  if (!sortOrders.has(request.sortOrder) || !sortTargets.has(request.sortTarget)) {
    throw refusal('invalid-sort-option')
  }
}

/** Throws `empty-key`, `value-provided`, `lease-provided`. */
export function assertPutRequest(request: PutRequest): void {
  assertKey(request.key)
  if (request.ignoreValue && request.value.length !== 0) throw refusal('value-provided')
  if (request.ignoreLease && request.lease !== '0') throw refusal('lease-provided')
}

/** Throws `empty-key`. */
export function assertDeleteRangeRequest(request: DeleteRangeRequest): void {
  assertKey(request.key)
}

/**
 * Checks all of a txn, the branch not taken and nested ones too.
 *
 * Throws `too-many-ops`, `duplicate-key`, `key-not-found` for an operation that is none, and what its operations throw.
 */
export function assertTxnRequest(request: TxnRequest, maxTxnOps = 128): void {
  assertTxn(request, maxTxnOps)
  assertNoDuplicates(request.success)
  assertNoDuplicates(request.failure)
}

function assertTxn(request: TxnRequest, budget: number): void {
  const { compare, success, failure } = request
  const longest = Math.max(compare.length, success.length, failure.length)
  if (longest > budget) throw refusal('too-many-ops')
  for (const { key } of compare) assertKey(key)
  for (const op of success) assertOp(op, budget - longest)
  for (const op of failure) assertOp(op, budget - longest)
}

function assertOp(op: RequestOp, budget: number): void {
  if (op.requestRange !== undefined) assertRangeRequest(op.requestRange)
  else if (op.requestPut !== undefined) assertPutRequest(op.requestPut)
  else if (op.requestDeleteRange !== undefined) assertDeleteRangeRequest(op.requestDeleteRange)
  else if (op.requestTxn !== undefined) assertTxn(op.requestTxn, budget)
  else throw refusal('key-not-found')
}

function assertKey(key: Uint8Array): void {
  if (key.length === 0) throw refusal('empty-key')
}
