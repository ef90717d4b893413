// Bytes that are not what they should be: each message either decodes or says why not, and nothing else happens.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  DecodeError,
  LeaseGrantRequest,
  PutRequest,
  RangeResponse,
  RequestOp,
  TxnRequest,
  WatchCreateRequest,
} from '@etcdkit/protocol'
import fc from 'fast-check'
import { messages } from './support/arbitrary.ts'
import { type AnyMessageType, typePairs } from './support/proto.ts'

/** Decodes, and fails on any error but a `DecodeError` that says where. */
function decodeOrRefuse(type: AnyMessageType, bytes: Uint8Array): void {
  try {
    type.decode(bytes)
  } catch (error) {
    assert.ok(error instanceof DecodeError, `${error}`)
    assert.equal(error.typeName, type.typeName)
    const { offset } = error
    assert.ok(offset !== undefined && offset >= 0 && offset <= bytes.length, `${offset}`)
  }
}

function bytesOf(...parts: (number | readonly number[] | Uint8Array)[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === 'number' ? [part] : [...part])))
}

/** The error that decoding `bytes` throws. */
function refusal(type: { decode(bytes: Uint8Array): object }, bytes: Uint8Array): DecodeError {
  try {
    type.decode(bytes)
  } catch (error) {
    assert.ok(error instanceof DecodeError, `${error}`)
    return error
  }
  assert.fail('decoded')
}

test('every message cut off at every byte decodes or is refused', () => {
  for (const { ours, peer } of typePairs) {
    for (const message of fc.sample(messages(peer), 3)) {
      const bytes = ours.encode(message)
      for (let end = 0; end < bytes.length; end++) decodeOrRefuse(ours, bytes.subarray(0, end))
    }
  }
})

test('every message with some bytes changed decodes or is refused', () => {
  for (const { ours, peer } of typePairs) {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), {
      minLength: 1,
      maxLength: 4,
    })
    fc.assert(
      fc.property(messages(peer), changes, (message, changed) => {
        const bytes = ours.encode(message)
        for (const [at, value] of changed) if (bytes.length > 0) bytes[at % bytes.length] = value
        decodeOrRefuse(ours, bytes)
      }),
      { numRuns: 25 },
    )
  }
})

test('random bytes decode or are refused', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...typePairs),
      fc.uint8Array({ maxLength: 60 }),
      ({ ours }, bytes) => decodeOrRefuse(ours, bytes),
    ),
    { numRuns: 2000 },
  )
})

test('a length prefix beyond what is left is refused before anything is made of it', () => {
  const lengths = [
    [0x7f],
    [0xff, 0xff, 0xff, 0xff, 0x07],
    [0xff, 0xff, 0xff, 0xff, 0x0f],
    [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  ]
  for (const length of lengths) {
    assert.match(
      refusal(PutRequest, bytesOf(0x0a, length, 1)).message,
      /key at byte 1: length \d+ exceeds the 1 bytes left/,
    )
    assert.match(
      refusal(RangeResponse, bytesOf(0x12, length, 1)).message,
      /kvs\[0\] at byte 1: length/,
    )
    assert.match(refusal(PutRequest, bytesOf(0x7a, length, 1)).message, /#15 at byte 1: length/)
    assert.match(
      refusal(WatchCreateRequest, bytesOf(0x2a, length, 1)).message,
      /filters\[0\] at byte 1: length/,
    )
  }
})

test('a message within ends where its length says, even in the middle of a field', () => {
  // kvs of two bytes, in which a key of five begins.
  const error = refusal(RangeResponse, bytesOf(0x12, 2, 0x0a, 5, 1, 2, 3, 4, 5))
  assert.equal(
    error.message,
    'Cannot decode etcdserverpb.RangeResponse: field kvs[0].key at byte 3: length 5 exceeds the 0 bytes left',
  )
  assert.equal(error.path, 'kvs[0].key')
  assert.equal(error.offset, 3)
  assert.equal(error.reason, 'length 5 exceeds the 0 bytes left')
  // kvs of one byte, in which a tag begins whose varint goes on beyond.
  assert.match(
    refusal(RangeResponse, bytesOf(0x12, 1, 0x90, 0x01, 5)).message,
    /kvs\[0\] at byte 2: varint cut off/,
  )
})

test('an integer beyond 2^53-1 is refused where it counts, kept where it identifies', () => {
  // TTL = 2^53-1, 2^53, -(2^53-1), -2^53.
  const most = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]
  const beyond = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10]
  const least = [0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0xf0, 0xff, 0x01]
  const below = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0xf0, 0xff, 0x01]
  assert.equal(LeaseGrantRequest.decode(bytesOf(0x08, most)).TTL, Number.MAX_SAFE_INTEGER)
  assert.equal(LeaseGrantRequest.decode(bytesOf(0x08, least)).TTL, Number.MIN_SAFE_INTEGER)
  assert.match(
    refusal(LeaseGrantRequest, bytesOf(0x08, beyond)).message,
    /field TTL at byte 1: integer beyond 2\^53-1/,
  )
  assert.match(
    refusal(LeaseGrantRequest, bytesOf(0x08, below)).message,
    /field TTL at byte 1: integer beyond/,
  )
  assert.equal(LeaseGrantRequest.decode(bytesOf(0x10, beyond)).ID, '9007199254740992')
  assert.equal(LeaseGrantRequest.decode(bytesOf(0x10, below)).ID, '-9007199254740992')
})

test('a varint of more than ten bytes, or of more than 64 bits, is refused', () => {
  const nine = new Array(9).fill(0xff)
  assert.equal(LeaseGrantRequest.decode(bytesOf(0x08, nine, 0x01)).TTL, -1)
  assert.match(
    refusal(LeaseGrantRequest, bytesOf(0x08, nine, 0x02)).message,
    /varint beyond 64 bits/,
  )
  assert.match(
    refusal(LeaseGrantRequest, bytesOf(0x08, nine, 0x80, 0x00)).message,
    /varint beyond 64 bits/,
  )
  assert.match(refusal(LeaseGrantRequest, bytesOf(0x08, nine)).message, /varint cut off/)
})

test('a varint longer than need be is read', () => {
  assert.equal(LeaseGrantRequest.decode(bytesOf(0x88, 0x00, 0x85, 0x80, 0x80, 0x80, 0x00)).TTL, 5)
  assert.equal(PutRequest.decode(bytesOf(0x20, 0x80, 0x80, 0x01)).prevKv, true)
  assert.equal(PutRequest.decode(bytesOf(0x20, 0x80, 0x80, 0x00)).prevKv, false)
  assert.equal(PutRequest.decode(bytesOf(0x20, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01)).prevKv, true)
})

test('a field number of 0 or beyond 2^29-1 is refused', () => {
  assert.match(refusal(PutRequest, bytesOf(0x00, 0x00)).message, /field number 0/)
  assert.match(
    refusal(PutRequest, bytesOf(0x88, 0x80, 0x80, 0x80, 0x10, 0x00)).message,
    /at byte 0: field number too large/,
  )
})

test('unknown fields of every wire type are passed over', () => {
  const known = PutRequest.encode({ key: bytesOf(1), prevKv: true })
  const unknown = [
    bytesOf(0x78, 0xff, 0x01),
    bytesOf(0x79, 1, 2, 3, 4, 5, 6, 7, 8),
    bytesOf(0x7a, 2, 1, 2),
    bytesOf(0x7b, 0x08, 1, 0x13, 0x14, 0x7c),
    bytesOf(0x7d, 1, 2, 3, 4),
    // A known number with another wire type is an unknown field.
    bytesOf(0x08, 7),
  ]
  for (const field of unknown) {
    assert.deepEqual(PutRequest.decode(bytesOf(field, known, field)), PutRequest.decode(known))
  }
})

test('broken unknown fields are refused', () => {
  assert.match(
    refusal(PutRequest, bytesOf(0x79, 1, 2)).message,
    /#15 at byte 1: 8 bytes expected, 2 left/,
  )
  assert.match(refusal(PutRequest, bytesOf(0x7d, 1, 2)).message, /4 bytes expected, 2 left/)
  assert.match(refusal(PutRequest, bytesOf(0x7b, 0x08, 1)).message, /group without end/)
  assert.match(refusal(PutRequest, bytesOf(0x7b, 0x84, 0x01)).message, /wrong end of group/)
  assert.match(refusal(PutRequest, bytesOf(0x7c)).message, /unexpected wire type 4/)
  assert.match(refusal(PutRequest, bytesOf(0x7e)).message, /unexpected wire type 6/)
})

test('nesting is bounded, in and out, however deep the input', () => {
  let nested: object = {}
  for (let depth = 0; depth < 49; depth++) nested = { success: [{ requestTxn: nested }] }
  const bytes = TxnRequest.encode(nested)
  assert.deepEqual(TxnRequest.encode(TxnRequest.decode(bytes)), bytes)
  for (let depth = 0; depth < 2; depth++) nested = { success: [{ requestTxn: nested }] }
  assert.throws(() => TxnRequest.encode(nested), {
    name: 'RangeError',
    message: /nested deeper than 100/,
  })
  assert.throws(() => TxnRequest.toJson(nested), RangeError)
  // Right after, the writer that was in use must be as good as new.
  assert.deepEqual(TxnRequest.encode(TxnRequest.decode(bytes)), bytes)

  let deep: Uint8Array = new Uint8Array()
  for (let depth = 0; depth < 60; depth++) {
    const op = bytesOf(0x22, ...lengthPrefix(deep.length), deep)
    deep = bytesOf(0x12, ...lengthPrefix(op.length), op)
  }
  assert.match(refusal(TxnRequest, deep).message, /nested deeper than 100/)
  assert.match(
    refusal(PutRequest, new Uint8Array(100_000).fill(0x7b)).message,
    /nested deeper than 100/,
  )
  const cyclic: { success: object[] } = { success: [] }
  cyclic.success.push({ requestTxn: cyclic })
  assert.throws(() => TxnRequest.encode(cyclic), RangeError)
})

function lengthPrefix(length: number): number[] {
  const bytes: number[] = []
  for (let rest = length; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest]
    bytes.push((rest & 0x7f) | 0x80)
  }
}

test('invalid UTF-8 is refused, short or long', () => {
  const error = refusal(LeaseGrantResponseLike, bytesOf(0x22, 2, 0xc3, 0x28))
  assert.match(error.message, /field error at byte 1: invalid UTF-8/)
  const long = new Uint8Array(100).fill(0x61)
  long[99] = 0xff
  assert.match(refusal(LeaseGrantResponseLike, bytesOf(0x22, 100, long)).message, /invalid UTF-8/)
})

const LeaseGrantResponseLike = typePairs.find(({ name }) => name.endsWith('.LeaseGrantResponse'))
  ?.ours as AnyMessageType

test('the last of a repeated scalar wins, messages given twice are merged', () => {
  const twice = bytesOf(
    RangeResponse.encode({
      header: { clusterId: '1', revision: 5 },
      count: 1,
      kvs: [{ version: 1 }],
    }),
    RangeResponse.encode({
      header: { memberId: '2', revision: 6 },
      count: 2,
      kvs: [{ version: 2 }],
    }),
  )
  assert.deepEqual(
    RangeResponse.decode(twice),
    RangeResponse.create({
      header: { clusterId: '1', memberId: '2', revision: 6 },
      count: 2,
      kvs: [{ version: 1 }, { version: 2 }],
    }),
  )
})

test('of a oneof given twice the last member wins, and merges with itself', () => {
  const put = RequestOp.encode({ requestPut: { key: bytesOf(1) } })
  const value = RequestOp.encode({ requestPut: { value: bytesOf(2) } })
  const range = RequestOp.encode({ requestRange: { limit: 3 } })
  assert.deepEqual(
    RequestOp.decode(bytesOf(put, value)),
    RequestOp.create({ requestPut: { key: bytesOf(1), value: bytesOf(2) } }),
  )
  assert.deepEqual(
    RequestOp.decode(bytesOf(put, range)),
    RequestOp.create({ requestRange: { limit: 3 } }),
  )
  assert.deepEqual(
    RequestOp.decode(bytesOf(put, range, value)),
    RequestOp.create({ requestPut: { value: bytesOf(2) } }),
  )
})

test('a list of enums is read packed and unpacked, and is written packed', () => {
  assert.deepEqual(WatchCreateRequest.decode(bytesOf(0x2a, 2, 0, 1)).filters, [0, 1])
  assert.deepEqual(WatchCreateRequest.decode(bytesOf(0x28, 0, 0x28, 1)).filters, [0, 1])
  assert.deepEqual(WatchCreateRequest.decode(bytesOf(0x28, 1, 0x2a, 1, 0)).filters, [1, 0])
  assert.deepEqual(WatchCreateRequest.encode({ filters: [0, 1] }), bytesOf(0x2a, 2, 0, 1))
})
