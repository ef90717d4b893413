// The conditions of a transaction, as values.

import { CompareResult } from '@etcdkit/protocol'
import { copyBytes } from './bytes.ts'
import { describeTarget, inputFailure } from './failure.ts'
import { isRange, type Key, type KeyRange, keyToBytes } from './key.ts'
import type { LeaseRef } from './kv-options.ts'
import { leaseIdOf } from './kv-requests.ts'
import { assertInteger } from './options.ts'

/** A condition on the value of a key. */
export interface ValueComparison<W> {
  readonly of: 'value'
  readonly target: Uint8Array | KeyRange
  readonly result: CompareResult
  readonly operand: W
}

/** A condition on a number of a key. */
export interface NumberComparison {
  readonly of: 'version' | 'createRevision' | 'modRevision'
  readonly target: Uint8Array | KeyRange
  readonly result: CompareResult
  readonly operand: number
}

/** A condition on the lease of a key. */
export interface LeaseComparison {
  readonly of: 'lease'
  readonly target: Uint8Array | KeyRange
  readonly result: CompareResult
  readonly operand: string
}

/** A condition of a transaction whose values are `W`. That of a range must hold for each of its keys. */
export type Comparison<W> = ValueComparison<W> | NumberComparison | LeaseComparison

/** How the value of a key must relate to a value. Values are compared byte by byte, as the codec writes them. */
export interface ValueRelations {
  equals<W>(value: W): ValueComparison<W>
  notEquals<W>(value: W): ValueComparison<W>
  greaterThan<W>(value: W): ValueComparison<W>
  lessThan<W>(value: W): ValueComparison<W>
}

/** How something of a key must relate to `T`. */
export interface Relations<T, C> {
  equals(operand: T): C
  notEquals(operand: T): C
  greaterThan(operand: T): C
  lessThan(operand: T): C
}

/** The functions that build the conditions of a transaction. */
export interface CompareBuilders {
  /** The value. Of a missing key every condition on it is false, `notEquals` too. */
  value(target: Key | KeyRange): ValueRelations
  /** How often the key was put since it came into being; 0 for a missing key. */
  version(target: Key | KeyRange): Relations<number, NumberComparison>
  /** The revision at which the key came into being; 0 for a missing key. */
  createRevision(target: Key | KeyRange): Relations<number, NumberComparison>
  /** The revision of the last change; 0 for a missing key. */
  modRevision(target: Key | KeyRange): Relations<number, NumberComparison>
  /** The lease; `'0'` for a key without one. */
  lease(target: Key | KeyRange): Relations<LeaseRef, LeaseComparison>
  /** The key exists; of a range, it has keys. */
  exists(target: Key | KeyRange): NumberComparison
  /** The key does not exist; of a range, it has no keys. */
  missing(target: Key | KeyRange): NumberComparison
}

/**
 * Builds the conditions of a transaction.
 *
 * @example
 * ```ts
 * import { compare, Etcd, op, prefix } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * await etcd.txn({
 *   if: [compare.version('a').equals(0), compare.missing(prefix('jobs/'))],
 *   then: [op.put('a', '1')],
 * })
 * ```
 */
export const compare: CompareBuilders = {
  value: values,
  version: (target) => numbers('version', target),
  createRevision: (target) => numbers('createRevision', target),
  modRevision: (target) => numbers('modRevision', target),
  lease: leases,
  exists: (target) => numbers('version', target).greaterThan(0),
  missing: (target) => numbers('version', target).equals(0),
}

/** A condition on a number of a key. Throws for what is no such number. */
export function numberComparison(
  of: NumberComparison['of'],
  target: Uint8Array | KeyRange,
  result: CompareResult,
  operand: number,
): NumberComparison {
  if (operand === undefined) throw new TypeError(`${of} is a number, not undefined`)
  assertInteger(operand, of)
  return { of, target, result, operand }
}

function values(target: Key | KeyRange): ValueRelations {
  const own = ownTarget('value', target)
  const relate =
    (result: CompareResult) =>
    <W>(operand: W): ValueComparison<W> => ({ of: 'value', target: own, result, operand })
  return relations(relate)
}

function numbers(
  of: NumberComparison['of'],
  target: Key | KeyRange,
): Relations<number, NumberComparison> {
  const own = ownTarget(of, target)
  return relations((result) => (operand: number) => {
    return attempt(of, target, () => numberComparison(of, own, result, operand))
  })
}

function leases(target: Key | KeyRange): Relations<LeaseRef, LeaseComparison> {
  const own = ownTarget('lease', target)
  return relations((result) => (lease: LeaseRef) => {
    const operand = attempt('lease', target, () => leaseIdOf(lease))
    return { of: 'lease', target: own, result, operand }
  })
}

function relations<F>(relate: (result: CompareResult) => F): {
  readonly [R in 'equals' | 'notEquals' | 'greaterThan' | 'lessThan']: F
} {
  return {
    equals: relate(CompareResult.EQUAL),
    notEquals: relate(CompareResult.NOT_EQUAL),
    greaterThan: relate(CompareResult.GREATER),
    lessThan: relate(CompareResult.LESS),
  }
}

// A condition may be kept and used later, so its key is its own.
function ownTarget(of: string, target: Key | KeyRange): Uint8Array | KeyRange {
  if (isRange(target)) return target
  const bytes = attempt(of, target, () => keyToBytes(target))
  return typeof target === 'string' ? bytes : copyBytes(bytes)
}

function attempt<T>(of: string, target: unknown, build: () => T): T {
  try {
    return build()
  } catch (error) {
    throw inputFailure(`compare the ${of} of ${describeTarget(target)}`, error)
  }
}
