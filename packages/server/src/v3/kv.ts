// The KV service.

import { KV, type RangeRequest, type RequestOp, type TxnRequest } from '@etcdkit/protocol'
import {
  assertDeleteRangeRequest,
  assertPutRequest,
  assertTxnRequest,
} from '../store/check-request.ts'
import { RangeStreamHandler } from './range-stream.ts'
import { isTooLarge } from './request-limit.ts'
import { type Service, streaming, unary } from './service.ts'
import type { ServiceCore } from './service-core.ts'
import { refusal } from './status.ts'

/** Range, Put, DeleteRange, Txn, Compact, RangeStream. What is wrong with a request, or its token, is told before that it is too large. */
export function kvServices(core: ServiceCore): readonly Service[] {
  const { store, maxRequestBytes, maxTxnOps } = core
  return [
    unary(KV.range, (request, context) => store.range(request, context)),
    streaming(KV.rangeStream, (sink, context) => {
      const read = (request: RangeRequest) => store.range(request, context)
      return new RangeStreamHandler(read, sink, maxRequestBytes)
    }),
    unary(KV.put, (request, context) => {
      if (isTooLarge(context, maxRequestBytes)) {
        assertPutRequest(request)
        store.auth.userOf(context)
        throw refusal('request-too-large')
      }
      core.raftIndex += 1
      return store.put(request, context)
    }),
    unary(KV.deleteRange, (request, context) => {
      if (isTooLarge(context, maxRequestBytes)) {
        assertDeleteRangeRequest(request)
        store.auth.userOf(context)
        throw refusal('request-too-large')
      }
      core.raftIndex += 1
      return store.deleteRange(request, context)
    }),
    unary(KV.txn, (request, context) => {
      if (!isReadOnly(request)) {
        if (isTooLarge(context, maxRequestBytes)) {
          assertTxnRequest(request, maxTxnOps)
          store.auth.userOf(context)
          throw refusal('request-too-large')
        }
        core.raftIndex += 1
      }
      return store.txn(request, context)
    }),
    unary(KV.compact, (request, context) => {
      core.raftIndex += 1
      return store.compact(request, context)
    }),
  ]
}

/** As etcd sees it: nothing but ranges, none of them nested. */
function isReadOnly(request: TxnRequest): boolean {
  const isRange = (op: RequestOp): boolean => op.requestRange !== undefined
  return request.success.every(isRange) && request.failure.every(isRange)
}
