// What the reader hands out, and that it is plain.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KeyValue, PutRequest, RangeResponse, Reader, ResponseHeader } from '@etcdkit/protocol'

test('decoded bytes are views on the input, plain ones even if the input is a Buffer', () => {
  const encoded = PutRequest.encode({
    key: Uint8Array.of(1, 2),
    value: new Uint8Array(300).fill(7),
  })
  const buffer = Buffer.concat([Buffer.alloc(5), encoded])
  const input = buffer.subarray(5)
  const { key, value } = PutRequest.decode(input)
  for (const bytes of [key, value]) {
    assert.equal(Object.getPrototypeOf(bytes), Uint8Array.prototype)
    assert.equal(bytes.buffer, input.buffer)
  }
  input.fill(9)
  assert.deepEqual([...key], [9, 9])
})

test('Reader refuses what is not bytes', () => {
  for (const input of ['abc', null, 5, new DataView(new ArrayBuffer(4))]) {
    assert.throws(() => new Reader(input as unknown as Uint8Array), TypeError)
  }
})

test('ids come out exact over the whole 64-bit range, again and again', () => {
  const ids = ['0', '1', '4294967295', '4294967296', '9007199254740993', '18446744073709551615']
  const more = Array.from({ length: 500 }, (_, index) =>
    String(BigInt.asUintN(64, BigInt(index) * 0x9e3779b97f4a7c15n)),
  )
  for (const round of [0, 1]) {
    for (const clusterId of [...ids, ...more]) {
      const header = ResponseHeader.decode(
        ResponseHeader.encode({ clusterId, memberId: clusterId }),
      )
      assert.equal(header.clusterId, clusterId, `round ${round}`)
      assert.equal(header.memberId, clusterId)
    }
    for (const lease of more.map((id) => String(BigInt.asIntN(64, BigInt(id))))) {
      assert.equal(KeyValue.decode(KeyValue.encode({ lease })).lease, lease, `round ${round}`)
    }
  }
})

test('the same 64 bits read signed and unsigned do not mix', () => {
  const most = '18446744073709551615'
  assert.equal(ResponseHeader.decode(ResponseHeader.encode({ clusterId: most })).clusterId, most)
  assert.equal(KeyValue.decode(KeyValue.encode({ lease: '-1' })).lease, '-1')
  assert.equal(ResponseHeader.decode(ResponseHeader.encode({ clusterId: most })).clusterId, most)
})

test('what is decoded can be written by JSON.stringify', () => {
  const decoded = RangeResponse.decode(
    RangeResponse.encode({ header: { clusterId: '14841639068965178418', revision: 7 }, count: 2 }),
  )
  assert.equal(
    JSON.stringify(decoded),
    '{"header":{"clusterId":"14841639068965178418","memberId":"0","revision":7,"raftTerm":0},"kvs":[],"more":false,"count":2}',
  )
})
