// The writes that depend on what is there, as transactions.

import { CompareResult, EtcdError } from '@etcdkit/protocol'
import { type Comparison, numberComparison } from './compare.ts'
import { type Key, keyToBytes } from './key.ts'
import type { LeaseRef, PutOptions } from './kv-options.ts'
import { leaseIdOf } from './kv-requests.ts'
import type { GetOp, PutOp, PutOpOptions, Txn } from './op.ts'
import { assertNames, assertOptions, type WriteOptions, writeOptionNames } from './options.ts'
import type { CompareAndSwapResult, PutIfAbsentResult, PutIfPresentResult } from './results.ts'
import type { TxnResult } from './txn.ts'

/** How to put a key that is not there. */
export interface PutIfAbsentOptions extends WriteOptions {
  /** Attach the key to this lease. */
  readonly lease?: LeaseRef | undefined
}

/** How to put a key that is there. */
export type PutIfPresentOptions = Omit<PutOptions, 'ignoreValue'>

/** What must be true of a key for `compareAndSwap` to write it: everything that is given. */
export interface Expected<W> {
  /** The value, byte by byte as the codec writes it. */
  readonly value?: W | undefined
  /** How often the key was put since it came into being; 0 for a missing key. */
  readonly version?: number | undefined
  /** The revision at which the key came into being; 0 for a missing key. */
  readonly createRevision?: number | undefined
  /** The revision of the last change; 0 for a missing key. */
  readonly modRevision?: number | undefined
  /** The lease; `'0'` for a key without one. */
  readonly lease?: LeaseRef | undefined
}

/** A put, or a look at what is there instead. */
export type PutOrGet<W> = Txn<readonly Comparison<W>[], readonly [PutOp<W>], readonly [GetOp]>

/** A put, or nothing. */
export type PutOrNot<W> = Txn<readonly Comparison<W>[], readonly [PutOp<W>], readonly []>

export function putIfAbsentTxn<W>(
  key: Key,
  value: W,
  options: PutIfAbsentOptions | undefined,
): PutOrGet<W> {
  if (options !== undefined) assertOptions(options, absentNames)
  const bytes = keyToBytes(key)
  const missing = numberComparison('version', bytes, CompareResult.EQUAL, 0)
  const put = putOp(bytes, value, options && { lease: options.lease })
  return { if: [missing], then: [put], else: [getOp(bytes)] }
}

export function putIfPresentTxn<W>(
  key: Key,
  value: W,
  options: PutIfPresentOptions | undefined,
): PutOrNot<W> {
  const bytes = keyToBytes(key)
  const exists = numberComparison('version', bytes, CompareResult.GREATER, 0)
  return { if: [exists], then: [conditionalPut(bytes, value, options)], else: [] }
}

export function compareAndSwapTxn<W>(
  key: Key,
  value: W,
  expected: Expected<W>,
  options: PutIfPresentOptions | undefined,
): PutOrGet<W> {
  const bytes = keyToBytes(key)
  const put = conditionalPut(bytes, value, options)
  return { if: expectations(bytes, expected), then: [put], else: [getOp(bytes)] }
}

type PutOrGetResult<V, W> = TxnResult<V, readonly [PutOp<W>], readonly [GetOp]>
type PutOrNotResult<V, W> = TxnResult<V, readonly [PutOp<W>], readonly []>

export function putIfAbsentResult<V, W>(result: PutOrGetResult<V, W>): PutIfAbsentResult<V> {
  const { revision, succeeded, results } = result
  if (succeeded) return { succeeded, revision }
  return { succeeded, revision, current: results[0] ?? vanished() }
}

export function putIfPresentResult<V, W>(result: PutOrNotResult<V, W>): PutIfPresentResult<V> {
  const { revision, succeeded, results } = result
  if (succeeded) return { succeeded, revision, previous: results[0].previous }
  return { succeeded, revision }
}

export function compareAndSwapResult<V, W>(result: PutOrGetResult<V, W>): CompareAndSwapResult<V> {
  const { revision, succeeded, results } = result
  if (succeeded) return { succeeded, revision, previous: results[0].previous }
  return { succeeded, revision, current: results[0] }
}

const absentNames = /* @__PURE__ */ writeOptionNames('lease')
const presentNames = /* @__PURE__ */ writeOptionNames('lease', 'previous', 'ignoreLease')
const expectedNames = /* @__PURE__ */ new Set([
  ...['value', 'version', 'createRevision', 'modRevision', 'lease'],
])

function getOp(key: Uint8Array): GetOp {
  return { kind: 'get', key, options: undefined }
}

function putOp<W>(key: Uint8Array, value: W, options: PutOpOptions | undefined): PutOp<W> {
  return { kind: 'put', key, value, options }
}

function conditionalPut<W>(
  key: Uint8Array,
  value: W,
  options: PutIfPresentOptions | undefined,
): PutOp<W> {
  if (options === undefined) return putOp(key, value, undefined)
  assertOptions(options, presentNames)
  const { lease, previous, ignoreLease } = options
  return putOp(key, value, { lease, previous, ignoreLease })
}

function expectations<W>(target: Uint8Array, expected: Expected<W>): Comparison<W>[] {
  assertNames(expected, expectedNames)
  const result = CompareResult.EQUAL
  const conditions: Comparison<W>[] = []
  const { value, lease } = expected
  if (value !== undefined) conditions.push({ of: 'value', target, result, operand: value })
  for (const of of ['version', 'createRevision', 'modRevision'] as const) {
    const operand = expected[of]
    if (operand !== undefined) conditions.push(numberComparison(of, target, result, operand))
  }
  if (lease !== undefined) {
    conditions.push({ of: 'lease', target, result, operand: leaseIdOf(lease) })
  }
  // Without a condition this would be a plain put, which nobody means.
  if (conditions.length === 0) throw new TypeError('nothing is expected of the key')
  return conditions
}

// The transaction found a key, and read it in the same breath.
function vanished(): never {
  throw new EtcdError('the server found the key, but did not tell it', {
    code: 'protocol-error',
    outcome: 'not-applied',
  })
}
