// The operations of a transaction, as values.

import { copyBytes } from './bytes.ts'
import type { Comparison } from './compare.ts'
import { describeTarget, inputFailure } from './failure.ts'
import { isRange, type Key, type KeyRange, keyToBytes } from './key.ts'
import type { ListSelection, PutOptions } from './kv-options.ts'
import { assertNames } from './options.ts'

/** How to put a key in a transaction. */
export type PutOpOptions = Pick<PutOptions, 'lease' | 'previous' | 'ignoreValue' | 'ignoreLease'>

/** How to get a key, or count keys, in a transaction. */
export interface GetOpOptions {
  /** Revision to read at, at most the newest before the transaction. Default: what it has made of the store so far. */
  readonly revision?: number | undefined
}

/** How to delete keys in a transaction. */
export interface DeleteOpOptions {
  /** Answer with the keys as they were before. */
  readonly previous?: boolean | undefined
}

/** How to list keys in a transaction. */
export type ListOpOptions = Omit<ListSelection, 'serializable'>

/** Puts a key. */
export interface PutOp<W> {
  readonly kind: 'put'
  readonly key: Uint8Array
  readonly value: W
  readonly options: PutOpOptions | undefined
}

/** Gets a key. */
export interface GetOp {
  readonly kind: 'get'
  readonly key: Uint8Array
  readonly options: GetOpOptions | undefined
}

/** Lists the keys of a range. */
export interface ListOp<KeysOnly extends boolean = boolean> {
  readonly kind: 'list'
  readonly target: Uint8Array | KeyRange
  readonly options: ListOpOptions | undefined
  readonly keysOnly: KeysOnly
}

/** Counts the keys of a range. */
export interface CountOp {
  readonly kind: 'count'
  readonly target: Uint8Array | KeyRange
  readonly options: GetOpOptions | undefined
}

/** Deletes a key or a range. */
export interface DeleteOp {
  readonly kind: 'delete'
  readonly target: Uint8Array | KeyRange
  readonly options: DeleteOpOptions | undefined
}

/** Does one list of operations or another, within a transaction. */
export interface TxnOp<If, Then, Else> {
  readonly kind: 'txn'
  readonly txn: Txn<If, Then, Else>
}

/** An operation of a transaction whose values are `W`. */
export type Op<W> =
  | PutOp<W>
  | GetOp
  | ListOp
  | CountOp
  | DeleteOp
  | TxnOp<readonly Comparison<W>[], readonly Op<W>[], readonly Op<W>[]>

/** What a transaction does. */
export interface Txn<If, Then, Else> {
  /** The conditions. None is a yes. */
  readonly if?: If | undefined
  /** What to do if all hold. */
  readonly then?: Then | undefined
  /** What to do otherwise. */
  readonly else?: Else | undefined
}

/** The functions that build the operations of a transaction. */
export interface OpBuilders {
  /** Keeps the value that is there: with `ignoreValue`, the value given is `undefined`. */
  put(
    key: Key,
    value: undefined,
    options: PutOpOptions & { readonly ignoreValue: true },
  ): PutOp<never>
  /** Puts a key; answers as `put` does. A value's bytes are not copied: leave them alone until the call has ended. */
  put<W>(key: Key, value: W, options?: PutOpOptions): PutOp<W>
  /** Gets a key; answers as `get` does. */
  get(key: Key, options?: GetOpOptions): GetOp
  /** Lists the keys of a range; answers as `list` does. */
  list(
    target: Key | KeyRange,
    options?: ListOpOptions & { readonly keysOnly?: false | undefined },
  ): ListOp<false>
  list(target: Key | KeyRange, options: ListOpOptions): ListOp
  /** Counts the keys of a range; answers as `count` does. */
  count(target: Key | KeyRange, options?: GetOpOptions): CountOp
  /** Deletes a key or a range; answers as `delete` does. */
  delete(target: Key | KeyRange, options?: DeleteOpOptions): DeleteOp
  /** Does one list of operations or another. Its conditions see the store as it was before the whole transaction. */
  txn<
    const If extends readonly Comparison<unknown>[] = readonly [],
    const Then extends readonly Op<unknown>[] = readonly [],
    const Else extends readonly Op<unknown>[] = readonly [],
  >(txn: Txn<If, Then, Else>): TxnOp<Given<If>, Given<Then>, Given<Else>>
}

// Just `T`; but written so, it is not taken from where the operation is put, which would say what was not given.
type Given<T> = [T] extends [infer U] ? U : never

/**
 * Builds the operations of a transaction.
 *
 * @example
 * ```ts
 * import { compare, Etcd, op } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const result = await etcd.txn({
 *   if: [compare.missing('owner')],
 *   then: [op.put('owner', 'me')],
 *   else: [op.get('owner')],
 * })
 * console.log(result.succeeded ? 'mine' : result.results[0]?.value)
 * ```
 */
export const op: OpBuilders = {
  put: putOp,
  get: (key, options) => {
    checkNames('get', options, getNames)
    return { kind: 'get', key: ownKey('get', key), options }
  },
  list: listOp,
  count: (target, options) => {
    checkNames('count', options, getNames)
    return { kind: 'count', target: ownTarget('count', target), options }
  },
  delete: (target, options) => {
    checkNames('delete', options, deleteNames)
    return { kind: 'delete', target: ownTarget('delete', target), options }
  },
  txn: txnOp,
}

/** The names of {@link Txn}. */
export const txnNames: ReadonlySet<string> = /* @__PURE__ */ new Set(['if', 'then', 'else'])

const putNames = /* @__PURE__ */ new Set(['lease', 'previous', 'ignoreValue', 'ignoreLease'])
const getNames = /* @__PURE__ */ new Set(['revision'])
const deleteNames = /* @__PURE__ */ new Set(['previous'])
const listNames = /* @__PURE__ */ new Set([
  ...['limit', 'sort', 'order', 'revision', 'keysOnly'],
  ...['minModRevision', 'maxModRevision', 'minCreateRevision', 'maxCreateRevision'],
])

// Answers both signatures: without a value to write there is none that could be of the wrong type.
function putOp<W>(key: Key, value: W, options?: PutOpOptions): PutOp<W> & PutOp<never> {
  checkNames('put', options, putNames)
  // Only what was given with `ignoreValue`, and so never read, goes for `never`.
  return { kind: 'put', key: ownKey('put', key), value: value as W & never, options }
}

function txnOp<If, Then, Else>(
  txn: Txn<If, Then, Else>,
): TxnOp<Given<If>, Given<Then>, Given<Else>> {
  checkNames('txn', txn, txnNames)
  // `Given` changes nothing.
  return { kind: 'txn', txn: txn as Txn<Given<If>, Given<Then>, Given<Else>> }
}

// Answers both signatures: `keysOnly` says at run time what they say of types.
function listOp(target: Key | KeyRange, options?: ListOpOptions): ListOp<false> & ListOp {
  checkNames('list', options, listNames)
  // The caller asked with `true` only through the signature that promises no more than a boolean.
  const keysOnly = (options?.keysOnly ?? false) as false
  return { kind: 'list', target: ownTarget('list', target), options, keysOnly }
}

function checkNames(kind: string, options: object | undefined, known: ReadonlySet<string>): void {
  try {
    if (options !== undefined) assertNames(options, known)
  } catch (error) {
    throw inputFailure(`build op.${kind}`, error)
  }
}

// An operation may be kept and used later, so its keys are its own.
function ownTarget(kind: string, target: Key | KeyRange): Uint8Array | KeyRange {
  return isRange(target) ? target : ownKey(kind, target)
}

function ownKey(kind: string, key: Key): Uint8Array {
  try {
    const bytes = keyToBytes(key)
    return typeof key === 'string' ? bytes : copyBytes(bytes)
  } catch (error) {
    throw inputFailure(`build op.${kind} of ${describeTarget(key)}`, error)
  }
}
