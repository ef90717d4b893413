// Transactions: conditions that hold about as often as not, operations that get in each other's way at times, nested
// ones, and more of each than is allowed.

import { type Compare, CompareTarget, type RequestOp, type TxnRequest } from '@etcdkit/protocol'
import fc from 'fast-check'
import type { Planned } from '../operation.ts'
import {
  anyKey,
  anyLease,
  anyRange,
  anyRevision,
  anyValue,
  maybeKey,
  mostly,
  optional,
  pastRevision,
} from './basics.ts'
import { anyDeleteRange, anyRangeRequest, putOf } from './kv.ts'

/** Most operations in a list, for both servers: few, so that some transactions have too many. */
export const maxTxnOps = 6

type Condition = Planned<Compare>
type Step = Planned<RequestOp>

// The last number stands for one that etcd does not have.
const result = mostly(fc.constantFrom(0, 0, 1, 2, 3), fc.constant(6), 40)

function condition(
  target: number,
  field: 'version' | 'createRevision' | 'modRevision' | 'value' | 'lease',
  value: fc.Arbitrary<unknown>,
): fc.Arbitrary<Condition> {
  return fc
    .tuple(mostly(anyRange.filter(isSingle), anyRange, 4), result, mostly(value, absent, 12))
    .map(([range, given, fact]) => ({ ...range, target, result: given, [field]: fact }))
}

function isSingle({ rangeEnd }: { readonly rangeEnd: Uint8Array | undefined }): boolean {
  return rangeEnd === undefined
}

const absent = fc.constant(undefined)
const revision = mostly<number | Condition['modRevision'], 0>(pastRevision, fc.constant(0), 3)

const anyCondition: fc.Arbitrary<Condition> = fc.oneof(
  condition(CompareTarget.VERSION, 'version', fc.constantFrom(0, 1, 2, -1)),
  condition(CompareTarget.CREATE, 'createRevision', revision),
  condition(CompareTarget.MOD, 'modRevision', revision),
  condition(CompareTarget.VALUE, 'value', anyValue),
  condition(CompareTarget.LEASE, 'lease', mostly(anyLease, fc.constant('-8'))),
  // What is given is not what the target asks for, or there is no such target.
  condition(CompareTarget.VERSION, 'value', anyValue),
  condition(9, 'version', fc.constantFrom(0, 1)),
)

const put = putOf(maybeKey).map((requestPut): Step => ({ requestPut }))
const range = anyRangeRequest.map((requestRange): Step => ({ requestRange }))
const plainRange = fc
  .tuple(anyRange, optional(anyRevision, 6))
  .map(([keys, at]): Step => ({ requestRange: { ...keys, revision: at } }))
const deletion = anyDeleteRange.map((requestDeleteRange): Step => ({ requestDeleteRange }))

/** Puts of different keys, so that a transaction may well be allowed. */
const puts = fc
  .uniqueArray(maybeKey, { minLength: 1, maxLength: 3, selector: (key) => key.join() })
  .chain((keys) => fc.tuple(...keys.map((key) => putOf(fc.constant(key)))))
  .map((list) => list.map((requestPut): Step => ({ requestPut })))

/** A key deleted and put: what deletes to the open end is not held against what it deletes. */
const rewriting = anyKey.chain((key) =>
  putOf(fc.constant(key)).map((requestPut): Step[] => [
    { requestDeleteRange: { key, rangeEnd: Uint8Array.of(0) } },
    { requestPut },
  ]),
)

function steps(nested: fc.Arbitrary<Step>): fc.Arbitrary<Step[]> {
  const one = fc.oneof(
    { arbitrary: put, weight: 5 },
    { arbitrary: plainRange, weight: 5 },
    { arbitrary: range, weight: 2 },
    { arbitrary: deletion, weight: 2 },
    { arbitrary: nested, weight: 3 },
  )
  const mixed = fc.array(one, { maxLength: 3, size: 'max' })
  const orderly = fc
    .tuple(puts, fc.array(plainRange, { maxLength: 2, size: 'max' }))
    .map(([written, read]) => [...written, ...read])
  const many = fc.array(one, { minLength: maxTxnOps, maxLength: maxTxnOps + 1, size: 'max' })
  return fc.oneof(
    { arbitrary: mixed, weight: 20 },
    { arbitrary: orderly, weight: 20 },
    { arbitrary: many, weight: 1 },
    { arbitrary: rewriting, weight: 2 },
    { arbitrary: fc.constant<Step[]>([{}]), weight: 1 },
  )
}

const txns = fc.letrec<{ txn: Planned<TxnRequest>; nested: Step }>((tie) => ({
  txn: fc.record({
    compare: fc.array(anyCondition, { maxLength: 2, size: 'max' }),
    success: steps(tie('nested')),
    failure: steps(tie('nested')),
  }),
  nested: fc.oneof(
    { maxDepth: 2, depthIdentifier: 'txn' },
    plainRange,
    tie('txn').map((requestTxn): Step => ({ requestTxn })),
  ),
}))

/** A transaction. */
export const anyTxn: fc.Arbitrary<Planned<TxnRequest>> = txns.txn.map((txn) =>
  hasOpenDeletion(txn) ? forget(txn) : txn,
)

/**
 * Whether a transaction deletes to the open end, so that it may put what it deletes: other deletions are duplicates.
 *
 * A put that is to keep what its transaction has deleted ends etcd itself, 3.4 and 3.5 ("unexpected error during txn",
 * `server/etcdserver/apply.go`, applyTxn): none is made.
 */
export function hasOpenDeletion({ success = [], failure = [] }: Planned<TxnRequest>): boolean {
  return [...success, ...failure].some(
    ({ requestDeleteRange, requestTxn }) =>
      requestDeleteRange?.rangeEnd?.[0] === 0 ||
      (requestTxn !== undefined && hasOpenDeletion(requestTxn)),
  )
}

/** The same transaction with puts that keep nothing. */
function forget(txn: Planned<TxnRequest>): Planned<TxnRequest> {
  const forgetAll = (steps: readonly Step[] = []): Step[] =>
    steps.map(({ requestPut, requestTxn, ...others }) => ({
      ...others,
      requestPut: requestPut && { ...requestPut, ignoreValue: undefined, ignoreLease: undefined },
      requestTxn: requestTxn && forget(requestTxn),
    }))
  return { ...txn, success: forgetAll(txn.success), failure: forgetAll(txn.failure) }
}
