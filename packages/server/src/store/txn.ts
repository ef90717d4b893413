// Transactions: all conditions first, then all checks, then the operations, so that nothing can stop them halfway.

import type { RequestOp, ResponseOp, TxnRequest, TxnResponse } from '@etcdkit/protocol'
import { holds } from './compare.ts'
import { type HeaderOf, innerHeader } from './header.ts'
import { type KeyRange, requestRange } from './key-range.ts'
import type { Mvcc } from './mvcc.ts'
import {
  assertKept,
  assertLeaseOf,
  deleteRange,
  type OperationTarget,
  put,
  range,
} from './operations.ts'
import { compacted, refusal } from './refusal.ts'

/** Which way a txn goes. */
interface Path {
  readonly succeeded: boolean
  readonly ops: readonly RequestOp[]
  /** The paths of the txns among `ops`, in order. */
  readonly nested: readonly Path[]
}

/** Whether a txn can only read, whichever way it goes. */
export function isReadOnly({ success, failure }: TxnRequest): boolean {
  return [...success, ...failure].every(({ requestRange }) => requestRange !== undefined)
}

/**
 * Does a txn that `assertTxnRequest` found nothing wrong with.
 *
 * Throws `key-not-found`, `lease-not-found`, `future-revision`, `compacted`, and then nothing was done.
 */
export function runTxn(
  target: OperationTarget,
  request: TxnRequest,
  headerOf: HeaderOf,
): TxnResponse {
  const path = choosePath(target.mvcc, request)
  assertPuts(target, path)
  assertRanges(target.mvcc, path)
  const responses = runPath(target, path)
  return {
    header: headerOf(target.mvcc.workingRevision),
    succeeded: path.succeeded,
    responses,
  }
}

function choosePath(mvcc: Mvcc, request: TxnRequest): Path {
  const succeeded = request.compare.every((compare) => holds(mvcc, compare))
  const ops = succeeded ? request.success : request.failure
  const nested: Path[] = []
  for (const { requestTxn } of ops) {
    if (requestTxn !== undefined) nested.push(choosePath(mvcc, requestTxn))
  }
  return { succeeded, ops, nested }
}

/** Checks the puts of a path; `deleted` are the ranges deleted on the way there. */
function assertPuts(target: OperationTarget, path: Path, deleted: KeyRange[] = []): void {
  let nested = 0
  for (const { requestPut, requestDeleteRange, requestTxn } of path.ops) {
    if (requestTxn !== undefined) assertPuts(target, path.nested[nested++] as Path, deleted)
    if (requestDeleteRange !== undefined) {
      deleted.push(requestRange(requestDeleteRange.key, requestDeleteRange.rangeEnd))
    }
    if (requestPut !== undefined) {
      assertKept(target, requestPut, deleted)
      assertLeaseOf(target, requestPut)
    }
  }
}

function assertRanges(mvcc: Mvcc, path: Path): void {
  let nested = 0
  for (const { requestRange, requestTxn } of path.ops) {
    if (requestTxn !== undefined) assertRanges(mvcc, path.nested[nested++] as Path)
    if (requestRange === undefined || requestRange.revision === 0) continue
    const { revision } = requestRange
    if (revision > mvcc.revision) throw refusal('future-revision')
    // Outside of a txn a negative revision is the newest; here etcd holds it against the compaction as it is.
    if (revision < mvcc.compactRevision) throw compacted(mvcc.compactRevision)
  }
}

function runPath(target: OperationTarget, path: Path): ResponseOp[] {
  let nested = 0
  return path.ops.map((op) =>
    op.requestTxn === undefined
      ? runOp(target, op)
      : response({ responseTxn: nestedResponse(target, path.nested[nested++] as Path) }),
  )
}

/** As etcd has it, the header of a nested answer is there, and empty. */
function nestedResponse(target: OperationTarget, path: Path): TxnResponse {
  const responses = runPath(target, path)
  return { header: innerHeader(0), succeeded: path.succeeded, responses }
}

function runOp(target: OperationTarget, op: RequestOp): ResponseOp {
  if (op.requestRange !== undefined) {
    return response({ responseRange: range(target, op.requestRange, innerHeader) })
  }
  if (op.requestPut !== undefined) {
    return response({ responsePut: put(target, op.requestPut, innerHeader) })
  }
  if (op.requestDeleteRange !== undefined) {
    const responseDeleteRange = deleteRange(target, op.requestDeleteRange, innerHeader)
    return response({ responseDeleteRange })
  }
  throw refusal('key-not-found')
}

function response(op: Partial<ResponseOp>): ResponseOp {
  return {
    responseRange: undefined,
    responsePut: undefined,
    responseDeleteRange: undefined,
    responseTxn: undefined,
    ...op,
  }
}
