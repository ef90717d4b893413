// What requests are taken to cost, before they are done. The numbers are etcd's (`server/storage/quota.go`).

import type { PutRequest, RequestOp, TxnRequest } from '@etcdkit/protocol'

const putOverheadBytes = 256

/** What a lease costs. */
export const leaseCost = 64

/** What a put costs. */
export function putCost({ key, value }: PutRequest): number {
  return putOverheadBytes + key.length + value.length
}

/** What the costlier branch of a txn costs; 0 if neither puts anything. */
export function txnCost({ success, failure }: TxnRequest): number {
  return Math.max(opsCost(success), opsCost(failure))
}

function opsCost(ops: readonly RequestOp[]): number {
  let cost = 0
  for (const { requestPut, requestTxn } of ops) {
    if (requestPut !== undefined) cost += putCost(requestPut)
    if (requestTxn !== undefined) cost += txnCost(requestTxn)
  }
  return cost
}
