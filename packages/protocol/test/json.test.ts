// The gateway's JSON: what is taken beyond what is written, and what is refused, and where.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AlarmRequest,
  Compare,
  DecodeError,
  HashResponse,
  type JsonValue,
  LeaseGrantRequest,
  MemberAddRequest,
  PutRequest,
  RangeRequest,
  RangeResponse,
  ResponseHeader,
  TxnRequest,
  WatchCreateRequest,
} from '@etcdkit/protocol'

function refuses(
  type: { fromJson(json: JsonValue): object; typeName: string },
  json: JsonValue,
  place: string | undefined,
  reason: RegExp,
): void {
  assert.throws(
    () => type.fromJson(json),
    (error) => {
      assert.ok(error instanceof DecodeError, `${error}`)
      assert.equal(error.typeName, type.typeName)
      assert.equal(error.path, place)
      assert.equal(error.offset, undefined)
      assert.match(error.reason, reason)
      return true
    },
  )
}

test('toJson writes what etcd’s gateway reads', () => {
  assert.deepEqual(
    RangeRequest.toJson({
      key: Uint8Array.of(0xfb, 0xff),
      rangeEnd: Uint8Array.of(0),
      limit: 5,
      sortOrder: 1,
      sortTarget: 99,
      serializable: true,
    }),
    {
      key: '+/8=',
      range_end: 'AA==',
      limit: '5',
      sort_order: 'ASCEND',
      sort_target: 99,
      serializable: true,
    },
  )
  assert.deepEqual(HashResponse.toJson({ hash: 4294967295 }), { hash: 4294967295 })
  assert.deepEqual(RangeRequest.toJson(RangeRequest.create()), {})
  assert.deepEqual(WatchCreateRequest.toJson({ filters: [0, 1, 7] }), {
    filters: ['NOPUT', 'NODELETE', 7],
  })
})

test('toJson keeps a oneof member at its default', () => {
  assert.deepEqual(Compare.toJson({ version: 0 }), { version: '0' })
  assert.deepEqual(Compare.toJson({ value: new Uint8Array() }), { value: '' })
  assert.deepEqual(Compare.toJson({ lease: '0' }), { lease: '0' })
})

test('toJson refuses what encode refuses', () => {
  assert.throws(() => LeaseGrantRequest.toJson({ TTL: 2 ** 53 }), RangeError)
  assert.throws(() => LeaseGrantRequest.toJson({ ID: 'x' }), TypeError)
  assert.throws(() => ResponseHeader.toJson({ clusterId: '-1' }), RangeError)
  assert.throws(() => RangeRequest.toJson({ sortOrder: 2 ** 31 }), RangeError)
  assert.throws(() => PutRequest.toJson({ key: 'a' } as unknown as PutRequest), TypeError)
  assert.throws(
    () => PutRequest.toJson({ key: new Uint16Array(1) } as unknown as PutRequest),
    TypeError,
  )
  assert.throws(() => RangeResponse.toJson({ kvs: {} } as unknown as RangeResponse), TypeError)
  assert.throws(() => RangeResponse.toJson({ more: 1 } as unknown as RangeResponse), TypeError)
})

test('fromJson takes either spelling, integers as text or number, enums by name or number', () => {
  const wanted = RangeRequest.create({
    rangeEnd: Uint8Array.of(0xfb, 0xff),
    limit: 5,
    sortOrder: 2,
  })
  for (const json of [
    { range_end: '+/8=', limit: '5', sort_order: 'DESCEND' },
    { rangeEnd: '-_8', limit: 5, sortOrder: 2 },
    { range_end: '-_8=', rangeEnd: null, limit: '005', sort_order: 2, nonsense: { a: [1] } },
  ]) {
    assert.deepEqual(RangeRequest.fromJson(json), wanted)
  }
  assert.equal(RangeRequest.fromJson({ sort_order: 77 }).sortOrder, 77)
  assert.equal(LeaseGrantRequest.fromJson({ ID: '-5' }).ID, '-5')
  assert.equal(LeaseGrantRequest.fromJson({ ID: 12 }).ID, '12')
  assert.equal(
    AlarmRequest.fromJson({ memberID: '18446744073709551615' }).memberID,
    '18446744073709551615',
  )
})

test('fromJson takes null for absent, everywhere but in a list', () => {
  assert.deepEqual(
    RangeResponse.fromJson({ header: null, kvs: null, more: null, count: null }),
    RangeResponse.create(),
  )
  refuses(RangeResponse, { kvs: [null] }, 'kvs[0]', /expected an object, got null/)
})

test('fromJson names the path of what it refuses', () => {
  refuses(
    RangeResponse,
    { kvs: [{}, { mod_revision: 'x' }] },
    'kvs[1].mod_revision',
    /"x" is not a decimal integer/,
  )
  refuses(
    RangeResponse,
    { kvs: [{ modRevision: 1.5 }] },
    'kvs[0].modRevision',
    /1.5 is not a safe integer/,
  )
  refuses(RangeResponse, { header: { revision: '9007199254740992' } }, 'header.revision', /beyond/)
  refuses(
    RangeResponse,
    { header: { cluster_id: 2 ** 60 } },
    'header.cluster_id',
    /not a safe integer/,
  )
  refuses(
    RangeResponse,
    { header: { cluster_id: '-1' } },
    'header.cluster_id',
    /out of range of uint64/,
  )
  refuses(RangeResponse, { header: [] }, 'header', /expected an object, got array/)
  refuses(RangeResponse, { kvs: {} }, 'kvs', /expected an array, got object/)
  refuses(RangeResponse, { more: 'true' }, 'more', /expected a boolean, got string/)
  refuses(RangeResponse, [], undefined, /expected an object, got array/)
  refuses(RangeResponse, null, undefined, /expected an object, got null/)
  refuses(PutRequest, { key: '*' }, 'key', /expected base64, got "\*"/)
  refuses(PutRequest, { key: 5 }, 'key', /expected base64, got 5/)
  refuses(PutRequest, { key: 'x'.repeat(1001) }, 'key', /^expected base64, got "x{59}…$/)
  refuses(
    RangeRequest,
    { sort_order: 'UP' },
    'sort_order',
    /expected one of NONE, ASCEND, DESCEND, got "UP"/,
  )
  refuses(RangeRequest, { sort_order: 'toString' }, 'sort_order', /expected one of/)
  refuses(RangeRequest, { sort_order: 0.5 }, 'sort_order', /expected one of/)
  refuses(HashResponse, { hash: 4294967296 }, 'hash', /beyond 4294967295/)
  refuses(HashResponse, { hash: true }, 'hash', /expected an integer, got boolean/)
  refuses(HashResponse, { hash: -1 }, 'hash', /out of range/)
  refuses(MemberAddRequest, { peerURLs: ['a', 1] }, 'peerURLs[1]', /expected a string, got number/)
  refuses(Compare, { version: '1', lease: '2' }, 'lease', /version is set as well/)
})

test('fromJson refuses both spellings of a field at once, and takes one of them beside null', () => {
  refuses(
    RangeRequest,
    { range_end: 'YQ==', rangeEnd: 'Yg==' },
    'rangeEnd',
    /range_end is set as well/,
  )
  assert.equal(RangeRequest.fromJson({ keys_only: null, keysOnly: true }).keysOnly, true)
})

test('fromJson ignores unknown names of enums only where it is told to', () => {
  const ignore = { unknownEnumNames: 'ignore' } as const
  assert.deepEqual(RangeRequest.fromJson({ sort_order: 'UP' }, ignore), RangeRequest.create())
  const { filters } = WatchCreateRequest.fromJson({ filters: ['NOPUT', 'UP', 1, 77] }, ignore)
  assert.deepEqual(filters, [0, 1, 77])
  assert.throws(() => RangeRequest.fromJson({ sort_order: 0.5 }, ignore), /expected one of/)
  refuses(WatchCreateRequest, { filters: ['UP'] }, 'filters[0]', /expected one of NOPUT/)
})

test('fromJson takes integers as bigint where a number would not do', () => {
  // What parsers give that keep them; JSON.parse never does.
  const read = (ID: bigint): string => LeaseGrantRequest.fromJson({ ID } as unknown as JsonValue).ID
  assert.equal(read(9223372036854775807n), '9223372036854775807')
  assert.equal(read(-9223372036854775808n), '-9223372036854775808')
  assert.throws(() => read(9223372036854775808n), /out of range of int64/)
  const key = 1234n as unknown as JsonValue
  assert.throws(() => PutRequest.fromJson({ key }), /expected base64, got bigint/)
})

test('fromJson takes base64 in lines', () => {
  assert.equal(String(PutRequest.fromJson({ key: 'YWJj\r\nZGVm\n' }).key), '97,98,99,100,101,102')
  refuses(PutRequest, { key: 'YWJj\n*' }, 'key', /expected base64/)
})

test('fromJson is not led astray by names that objects have', () => {
  const json = JSON.parse('{"__proto__": {"key": "YQ=="}, "constructor": 1, "toString": 2}')
  assert.deepEqual(PutRequest.fromJson(json), PutRequest.create())
})

test('fromJson bounds nesting', () => {
  let json: JsonValue = {}
  for (let depth = 0; depth < 2000; depth++) json = { success: [{ request_txn: json }] }
  assert.throws(() => TxnRequest.fromJson(json), /nested deeper than 100/)
})
