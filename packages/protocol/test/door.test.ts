// The door: nothing generated is missing from it, and the types behind it hold.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as protocol from '@etcdkit/protocol'
import {
  type Applied,
  allMethods,
  CompactedError,
  EtcdError,
  KV,
  type MessageInit,
  type Method,
  PutRequest,
  type PutResponse,
  RangeRequest,
  RequestOp,
  SortOrder,
  type StreamMethod,
  type UnaryMethod,
  Watch,
} from '@etcdkit/protocol'
import protobufjs from 'protobufjs'
import { definitions } from './support/proto.ts'

test('every message, enum and service is exported', () => {
  const exported = protocol as unknown as Readonly<Record<string, unknown>>
  for (const definition of definitions) {
    if (definition instanceof protobufjs.Enum) {
      const name = definition.name === 'Type' ? 'PermissionType' : definition.name
      assert.deepEqual(exported[name], { ...definition.values }, definition.fullName)
    } else if (definition instanceof protobufjs.Type || definition instanceof protobufjs.Service) {
      assert.equal(typeof exported[definition.name], 'object', definition.fullName)
    }
  }
})

test('EtcdError and CompactedError carry what they were given', () => {
  const error = new EtcdError('Cannot put', {
    code: 'no-space',
    outcome: 'not-applied',
    endpoint: 'a:1',
  })
  assert.equal(error.name, 'EtcdError')
  assert.equal(error.code, 'no-space')
  assert.equal(error.outcome, 'not-applied')
  assert.equal(error.endpoint, 'a:1')
  assert.equal('cause' in error, false)
  const compacted = new CompactedError('Cannot watch', { compactRevision: 7, cause: error })
  assert.ok(compacted instanceof EtcdError)
  assert.equal(compacted.code, 'compacted')
  assert.equal(compacted.compactRevision, 7)
  assert.equal(compacted.cause, error)
})

/** Never called: it is enough that it compiles. */
export function types(): unknown[] {
  const put: MessageInit<PutRequest> = { key: new Uint8Array() }
  const nested: MessageInit<RequestOp> = {
    requestTxn: { success: [{ requestPut: { lease: '1' } }] },
  }
  const order: SortOrder = SortOrder.DESCEND
  const unknownOrder: SortOrder = 17
  const unary: UnaryMethod<PutRequest, PutResponse> = KV.put
  const any: readonly Method[] = allMethods
  const empty: MessageInit<protocol.StatusRequest> = {}
  const applied: Applied = 'no'
  // @ts-expect-error A string is not bytes.
  PutRequest.encode({ key: 'a' })
  // @ts-expect-error There is no such field.
  PutRequest.encode({ nonsense: 1 })
  // @ts-expect-error An id is text.
  PutRequest.encode({ lease: 7 })
  // @ts-expect-error A revision is a number.
  RangeRequest.encode({ revision: '7' })
  // @ts-expect-error An enum is a number.
  RangeRequest.encode({ sortOrder: 'ASCEND' })
  // @ts-expect-error A message without fields takes none.
  protocol.StatusRequest.encode({ key: 1 })
  // @ts-expect-error A unary method is not a stream.
  const stream: StreamMethod<PutRequest, PutResponse> = KV.put
  // @ts-expect-error Nor the other way round.
  const call: UnaryMethod<protocol.WatchRequest, protocol.WatchResponse> = Watch.watch
  const decoded = PutRequest.decode(new Uint8Array())
  // @ts-expect-error Decoded messages are read-only.
  decoded.lease = '1'
  const op = RequestOp.create()
  // @ts-expect-error A oneof member can be absent.
  op.requestPut.lease.length
  return [put, nested, order, unknownOrder, unary, any, applied, empty, stream, call]
}
