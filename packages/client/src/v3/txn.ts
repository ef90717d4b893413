// Transactions: from the caller's values to the wire, and back.

import {
  type Compare,
  CompareTarget,
  EtcdError,
  type MessageInit,
  type RequestOp,
  type ResponseOp,
  type TxnRequest,
  type TxnResponse,
} from '@etcdkit/protocol'
import type { Comparison } from './compare.ts'
import type { Entry } from './entry.ts'
import { describeTarget } from './failure.ts'
import { type Key, type KeyRange, typeName } from './key.ts'
import { countRequest, deleteRequest, getRequest, listRequest, putRequest } from './kv-requests.ts'
import { type ListOp, type Op, type Txn, type TxnOp, txnNames } from './op.ts'
import { assertNames } from './options.ts'
import {
  type DeleteResult,
  deleteResult,
  firstEntry,
  type ListResult,
  listResult,
  type PutResult,
  putResult,
  revisionOf,
} from './results.ts'
import { keysScope, type Scope } from './scope.ts'

/**
 * What came of a transaction: which branch was taken, and what its operations answered, in their order. The
 * `revision` of each answer is that of the whole transaction.
 *
 * @example
 * ```ts
 * import { Etcd, op, type TxnResult } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const result = await etcd.txn({ then: [op.put('a', '1'), op.get('b')] })
 * if (result.succeeded) console.log(result.results[1]?.value)
 * ```
 */
export type TxnResult<V, Then, Else> =
  | {
      readonly succeeded: true
      /** Revision of the transaction, or the newest if it changed nothing. */
      readonly revision: number
      readonly results: OpResults<V, Then>
    }
  | {
      readonly succeeded: false
      /** Revision of the transaction, or the newest if it changed nothing. */
      readonly revision: number
      readonly results: OpResults<V, Else>
    }

/** What a list of operations answers. */
export type OpResults<V, Ops> = { readonly [I in keyof Ops]: OpResult<V, Ops[I]> }

/** What an operation answers. */
export type OpResult<V, O> = O extends { readonly kind: 'get' }
  ? Entry<V> | undefined
  : O extends { readonly kind: 'put' }
    ? PutResult<V>
    : O extends { readonly kind: 'delete' }
      ? DeleteResult<V>
      : O extends { readonly kind: 'count' }
        ? number
        : O extends ListOp<infer KeysOnly>
          ? ListResult<KeysOnly extends false ? V : V | undefined>
          : O extends TxnOp<unknown, infer Then, infer Else>
            ? TxnResult<V, Then, Else>
            : never

/** A transaction with nothing said of how many operations it has. */
export type AnyTxn<W> = Txn<readonly Comparison<W>[], readonly Op<W>[], readonly Op<W>[]>

/** The request of a transaction. Throws `TypeError` or `RangeError` for bad input. */
export function txnRequest<V, W>(scope: Scope<V, W>, txn: AnyTxn<W>): MessageInit<TxnRequest> {
  assertNames(txn, txnNames)
  return {
    compare: list(txn.if, 'if').map((each) => compareRequest(scope, each)),
    success: list(txn.then, 'then').map((op) => opRequest(scope, op)),
    failure: list(txn.else, 'else').map((op) => opRequest(scope, op)),
  }
}

// A transaction has many values: what is wrong with one says whose it is.
function named<T>(target: Key | KeyRange, build: () => T): T {
  try {
    return build()
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new TypeError(`${describeTarget(target)}: ${error.message}`, { cause: error.cause })
  }
}

/** Whether a transaction only reads. */
export function isReadOnly(txn: AnyTxn<unknown>): boolean {
  return [...(txn.then ?? []), ...(txn.else ?? [])].every((op) =>
    op.kind === 'txn' ? isReadOnly(op.txn) : op.kind !== 'put' && op.kind !== 'delete',
  )
}

/** What callers see of a transaction's answer. */
export function txnResult<V, W, Then, Else>(
  scope: Scope<V, W>,
  txn: AnyTxn<W>,
  response: TxnResponse,
): TxnResult<V, Then, Else> {
  // The answers are made one for each operation of the branch taken, which is what the types say.
  return branchResult(scope, txn, response, revisionOf(response.header)) as TxnResult<V, Then, Else>
}

interface BranchResult {
  readonly succeeded: boolean
  readonly revision: number
  readonly results: readonly unknown[]
}

function branchResult<V, W>(
  scope: Scope<V, W>,
  txn: AnyTxn<W>,
  { succeeded, responses }: TxnResponse,
  revision: number,
): BranchResult {
  const ops = (succeeded ? txn.then : txn.else) ?? []
  if (ops.length !== responses.length) throw mismatch()
  const results = responses.map((response, index) => {
    const op = ops[index]
    return op === undefined ? undefined : opResult(scope, op, response, revision)
  })
  return { succeeded, revision, results }
}

function opResult<V, W>(
  scope: Scope<V, W>,
  op: Op<W>,
  response: ResponseOp,
  revision: number,
): unknown {
  const { responseRange, responsePut, responseDeleteRange, responseTxn } = response
  switch (op.kind) {
    case 'put':
      return putResult(scope, responsePut ?? missing(), revision)
    case 'get':
      return firstEntry(scope, responseRange ?? missing())
    case 'list':
      return listResult(
        op.keysOnly ? keysScope(scope) : scope,
        responseRange ?? missing(),
        revision,
      )
    case 'count':
      return (responseRange ?? missing()).count
    case 'delete':
      return deleteResult(scope, responseDeleteRange ?? missing(), revision)
    case 'txn':
      return branchResult(scope, op.txn, responseTxn ?? missing(), revision)
  }
}

function opRequest<V, W>(scope: Scope<V, W>, op: Op<W>): MessageInit<RequestOp> {
  switch (op?.kind) {
    case 'put':
      return {
        requestPut: named(op.key, () => putRequest(scope, op.key, op.value, op.options)),
      }
    case 'get':
      return { requestRange: getRequest(scope, op.key, op.options) }
    case 'list':
      return { requestRange: listRequest(scope, op.target, op.options) }
    case 'count':
      return { requestRange: countRequest(scope, op.target, op.options) }
    case 'delete':
      return { requestDeleteRange: deleteRequest(scope, op.target, op.options) }
    case 'txn':
      return { requestTxn: txnRequest(scope, op.txn) }
    default:
      throw new TypeError(`an operation made by op is wanted, not ${typeName(op)}`)
  }
}

function compareRequest<V, W>(scope: Scope<V, W>, comparison: Comparison<W>): MessageInit<Compare> {
  switch (comparison?.of) {
    case 'value':
      return {
        ...scope.span(comparison.target),
        result: comparison.result,
        target: CompareTarget.VALUE,
        value: named(comparison.target, () => scope.encode(comparison.operand)),
      }
    case 'lease':
      return {
        ...scope.span(comparison.target),
        result: comparison.result,
        target: CompareTarget.LEASE,
        lease: comparison.operand,
      }
    case 'version':
    case 'createRevision':
    case 'modRevision':
      return {
        ...scope.span(comparison.target),
        result: comparison.result,
        target: numberTargets[comparison.of],
        [comparison.of]: comparison.operand,
      }
    default:
      throw new TypeError(`a condition made by compare is wanted, not ${typeName(comparison)}`)
  }
}

const numberTargets = {
  version: CompareTarget.VERSION,
  createRevision: CompareTarget.CREATE,
  modRevision: CompareTarget.MOD,
} as const

function list<T>(values: readonly T[] | undefined, name: string): readonly T[] {
  if (values === undefined) return []
  if (Array.isArray(values)) return values
  throw new TypeError(`${name} is an array, not ${typeName(values)}`)
}

function missing(): never {
  throw mismatch()
}

function mismatch(): EtcdError {
  return new EtcdError('the answers do not match the operations', {
    code: 'protocol-error',
    outcome: 'unknown',
  })
}
