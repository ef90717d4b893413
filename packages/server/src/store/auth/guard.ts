// Who may send which request to the store. Asked only while auth is on.

import type {
  DeleteRangeRequest,
  PutRequest,
  RangeRequest,
  RequestOp,
  TxnRequest,
} from '@etcdkit/protocol'
import { noBytes } from '../key-name.ts'
import type { AuthStore } from './auth-store.ts'

/** The keys that hang on a lease; `undefined` if there is no such lease. */
export type LeaseKeys = (id: string) => readonly Uint8Array[] | undefined

/**
 * Throws `user-empty` and `permission-denied` for what a user may not do. Source: etcd `server/etcdserver/apply/apply_auth.go`.
 *
 * Stricter than etcd before its 3.5.28 where that let pass what it should not: the previous value and the lease of a put
 * in a txn count like those of a put.
 */
export class Guard {
  readonly #auth: AuthStore
  readonly #leaseKeys: LeaseKeys

  constructor(auth: AuthStore, leaseKeys: LeaseKeys) {
    this.#auth = auth
    this.#leaseKeys = leaseKeys
  }

  range(user: string | undefined, { key, rangeEnd }: Pick<RangeRequest, 'key' | 'rangeEnd'>): void {
    this.#auth.assertMayRead(user, key, rangeEnd)
  }

  put(user: string | undefined, { key, lease, prevKv }: PutRequest): void {
    this.#auth.assertMayWrite(user, key, noBytes)
    this.writeLease(user, lease)
    if (prevKv) this.#auth.assertMayRead(user, key, noBytes)
  }

  deleteRange(user: string | undefined, { key, rangeEnd, prevKv }: DeleteRangeRequest): void {
    this.#auth.assertMayWrite(user, key, rangeEnd)
    if (prevKv) this.#auth.assertMayRead(user, key, rangeEnd)
  }

  /** Both branches, whichever will be taken, and nested ones too. */
  txn(user: string | undefined, { compare, success, failure }: TxnRequest): void {
    for (const each of compare) this.range(user, each)
    for (const op of success) this.#op(user, op)
    for (const op of failure) this.#op(user, op)
  }

  /** Whether a lease may be renewed, ended or given more keys: by whom all its keys may be written. */
  writeLease(user: string | undefined, id: string): void {
    for (const key of this.#leaseKeys(id) ?? []) this.#auth.assertMayWrite(user, key, noBytes)
  }

  /** Whether it may be told which keys hang on a lease: to whom may read them. */
  readLease(user: string | undefined, id: string): void {
    for (const key of this.#leaseKeys(id) ?? []) this.#auth.assertMayRead(user, key, noBytes)
  }

  #op(user: string | undefined, op: RequestOp): void {
    if (op.requestRange !== undefined) this.range(user, op.requestRange)
    if (op.requestPut !== undefined) this.put(user, op.requestPut)
    if (op.requestDeleteRange !== undefined) this.deleteRange(user, op.requestDeleteRange)
    if (op.requestTxn !== undefined) this.txn(user, op.requestTxn)
  }
}
