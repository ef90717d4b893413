// One call: the request made before any I/O, the answer made of the response, the action put before what goes wrong.
// `put` and `get`, whose paths are hot, have this written out.

import {
  type CallOptions,
  KV,
  type MessageInit,
  type Transport,
  type TxnRequest,
  type UnaryMethod,
} from '@etcdkit/protocol'
import { onlyReads, withDefaults } from './call-defaults.ts'
import type { Comparison } from './compare.ts'
import { failure, inputFailure } from './failure.ts'
import type { Op, Txn } from './op.ts'
import type { Scope } from './scope.ts'
import { isReadOnly, type TxnResult, txnRequest, txnResult } from './txn.ts'

/** What a call is made of, beside its method. */
export interface VerbCall<I extends object, O extends object, R> {
  /** What the caller wants, for messages: `delete "a"`. */
  readonly action: () => string
  readonly options: CallOptions | undefined
  /** Makes the request; throws `TypeError` or `RangeError` for bad input. */
  readonly request: () => MessageInit<I>
  /** Makes the answer of the response. */
  readonly result: (response: O) => R
  /** What goes for the call unless the caller's options say otherwise. */
  readonly defaults?: CallOptions | undefined
}

/** What a transaction is made of. */
export interface TxnCall<T> {
  readonly action: () => string
  readonly options: CallOptions | undefined
  /** Makes the transaction; throws `TypeError` or `RangeError` for bad input. */
  readonly build: () => T
}

/** Checks, sends, answers. Rejects with `Cannot <action>: …`. */
export function callVerb<I extends object, O extends object, R>(
  transport: Transport,
  method: UnaryMethod<I, O>,
  call: VerbCall<I, O, R>,
): Promise<R> {
  const { action, result, defaults } = call
  let request: MessageInit<I>
  try {
    request = call.request()
  } catch (error) {
    return Promise.reject(inputFailure(action(), error))
  }
  const sent = transport.unary(method, request, withDefaults(call.options, defaults))
  return sent.then(result).catch((error) => {
    throw failure(action(), error)
  })
}

/** The same of a transaction. */
export function callTxn<V, W, Then extends readonly Op<W>[], Else extends readonly Op<W>[]>(
  transport: Transport,
  scope: Scope<V, W>,
  { action, options, build }: TxnCall<Txn<readonly Comparison<W>[], Then, Else>>,
): Promise<TxnResult<V, Then, Else>> {
  let txn: Txn<readonly Comparison<W>[], Then, Else>
  let request: MessageInit<TxnRequest>
  try {
    txn = build()
    request = txnRequest(scope, txn)
  } catch (error) {
    return Promise.reject(inputFailure(action(), error))
  }
  return callVerb(transport, KV.txn, {
    action,
    options,
    // The method table cannot know what the operations are.
    defaults: isReadOnly(txn) ? onlyReads : undefined,
    request: () => request,
    result: (response) => txnResult(scope, txn, response),
  })
}
