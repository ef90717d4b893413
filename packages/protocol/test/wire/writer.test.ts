// What the writer refuses, and how it can be used again.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import {
  AuthenticateRequest,
  Compare,
  KeyValue,
  LeaseGrantRequest,
  MemberRemoveRequest,
  type MessageInit,
  type MessageType,
  PutRequest,
  RangeRequest,
  RangeResponse,
  RequestOp,
  ResponseHeader,
  StatusResponse,
  WatchCreateRequest,
  Writer,
} from '@etcdkit/protocol'

/** Encodes what the types would not let through. */
function encode<T extends object>(type: MessageType<T>, message: object): Uint8Array {
  return type.encode(message as MessageInit<T>)
}

test('a number that is not a safe integer is refused by name', () => {
  for (const TTL of [2 ** 53, -(2 ** 53), 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => LeaseGrantRequest.encode({ TTL }), {
      name: 'RangeError',
      message: `Cannot encode etcdserverpb.LeaseGrantRequest.TTL: ${TTL} is not a safe integer`,
    })
  }
  assert.throws(() => encode(LeaseGrantRequest, { TTL: '5' }), {
    name: 'TypeError',
    message: 'Cannot encode etcdserverpb.LeaseGrantRequest.TTL: expected a number, got string',
  })
  assert.throws(() => ResponseHeader.encode({ raftTerm: -1 }), {
    name: 'RangeError',
    message: 'Cannot encode etcdserverpb.ResponseHeader.raftTerm: -1 is not a uint64',
  })
})

test('text that is not a decimal of the field’s type is refused by name', () => {
  for (const ID of ['', '-', 'a', '0x1', '1.0', '1e3', ' 1', '+1', '9'.repeat(30).concat('a')]) {
    assert.throws(() => LeaseGrantRequest.encode({ ID }), {
      name: 'TypeError',
      message: `Cannot encode etcdserverpb.LeaseGrantRequest.ID: ${JSON.stringify(ID)} is not a decimal integer`,
    })
  }
  for (const ID of ['9223372036854775808', '-9223372036854775809', '9'.repeat(30)]) {
    assert.throws(() => LeaseGrantRequest.encode({ ID }), RangeError)
  }
  for (const ID of ['18446744073709551616', '-1', '99999999999999999999']) {
    assert.throws(() => MemberRemoveRequest.encode({ ID }), RangeError)
  }
  assert.throws(() => encode(LeaseGrantRequest, { ID: 5 }), TypeError)
  assert.throws(() => encode(LeaseGrantRequest, { ID: null }), TypeError)
})

test('decimals that mean the same are written the same', () => {
  assert.deepEqual(LeaseGrantRequest.encode({ ID: '007' }), LeaseGrantRequest.encode({ ID: '7' }))
  assert.deepEqual(LeaseGrantRequest.encode({ ID: '-0' }), new Uint8Array())
  assert.deepEqual(MemberRemoveRequest.encode({ ID: '00' }), new Uint8Array())
})

test('the same text in a signed and an unsigned field is judged by each', () => {
  const id = '18446744073709551615'
  assert.equal(MemberRemoveRequest.encode({ ID: id }).length, 11)
  assert.throws(() => LeaseGrantRequest.encode({ ID: id }), RangeError)
  assert.throws(() => LeaseGrantRequest.encode({ ID: id }), RangeError)
})

test('values of another type are refused by name', () => {
  const wrong: readonly [() => unknown, RegExp][] = [
    [() => encode(PutRequest, { key: 'a' }), /PutRequest.key: expected a Uint8Array, got string/],
    [() => encode(PutRequest, { key: '' }), /PutRequest.key: expected a Uint8Array, got string/],
    [() => encode(PutRequest, { key: null }), /PutRequest.key: expected a Uint8Array, got null/],
    [() => encode(PutRequest, { key: [1] }), /PutRequest.key: expected a Uint8Array/],
    [
      () => encode(PutRequest, { key: new Uint16Array(1) }),
      /PutRequest.key: expected a Uint8Array/,
    ],
    [() => encode(PutRequest, { prevKv: 1 }), /PutRequest.prevKv: expected a boolean, got number/],
    [() => encode(AuthenticateRequest, { name: 1 }), /name: expected a string, got number/],
    [() => encode(RangeRequest, { sortOrder: 'ASCEND' }), /sortOrder: expected a number/],
    [() => encode(RangeResponse, { header: 'a' }), /header: expected an object, got string/],
    [() => encode(RangeResponse, { header: null }), /header: expected an object, got null/],
    [() => encode(RangeResponse, { kvs: {} }), /kvs: expected an array, got object/],
    [() => encode(RangeResponse, { kvs: [undefined] }), /kvs: expected an object, got undefined/],
    [() => encode(WatchCreateRequest, { filters: 1 }), /filters: expected an array, got number/],
    [() => encode(WatchCreateRequest, { filters: ['NOPUT'] }), /filters: expected a number/],
    [() => encode(StatusResponse, { errors: 'a' }), /errors: expected an array, got string/],
  ]
  for (const [run, message] of wrong) assert.throws(run, { name: 'TypeError', message })
})

test('numbers out of range of a small type are refused by name', () => {
  assert.throws(() => RangeRequest.encode({ sortOrder: 2 ** 31 }), RangeError)
  assert.throws(() => RangeRequest.encode({ sortOrder: 0.5 }), RangeError)
  assert.equal(RangeRequest.decode(RangeRequest.encode({ sortOrder: -7 })).sortOrder, -7)
})

test('two members of a oneof are refused', () => {
  assert.throws(() => RequestOp.encode({ requestPut: {}, requestRange: {} }), {
    name: 'TypeError',
    message: 'Cannot encode etcdserverpb.RequestOp.request: more than one member is set',
  })
  assert.throws(() => RequestOp.toJson({ requestPut: {}, requestRange: {} }), TypeError)
  assert.throws(() => Compare.encode({ version: 0, lease: '0' }), TypeError)
})

test('a oneof member at its default is written, and comes back', () => {
  for (const member of [{ version: 0 }, { lease: '0' }, { value: new Uint8Array() }]) {
    const decoded = Compare.decode(Compare.encode(member))
    assert.deepEqual(decoded, Compare.create(member))
  }
})

test('half a surrogate pair is refused, not replaced', () => {
  for (const name of ['\ud800', 'a'.repeat(60).concat('\udc00')]) {
    assert.throws(() => AuthenticateRequest.encode({ name }), {
      name: 'TypeError',
      message: /AuthenticateRequest.name: half a surrogate pair/,
    })
  }
})

test('text of any length and script comes back', () => {
  for (const length of [1, 47, 48, 49, 127, 128, 5000, 20000]) {
    for (const character of ['a', 'é', '€', '😀']) {
      const name = character.repeat(length)
      assert.equal(AuthenticateRequest.decode(AuthenticateRequest.encode({ name })).name, name)
    }
  }
  const mark = '\ufeffname'
  assert.equal(AuthenticateRequest.decode(AuthenticateRequest.encode({ name: mark })).name, mark)
})

test('messages within take lengths of any size', () => {
  for (const size of [0, 1, 100, 124, 125, 126, 127, 128, 16380, 16383, 16384, 2097152, 2100000]) {
    const value = new Uint8Array(size).fill(3)
    const { kvs } = RangeResponse.decode(RangeResponse.encode({ kvs: [{ value }, { version: 2 }] }))
    assert.deepEqual(kvs, [KeyValue.create({ value }), KeyValue.create({ version: 2 })])
  }
})

test('bytes of another realm are bytes', () => {
  const foreign: Uint8Array = runInNewContext('Uint8Array.of(1, 2)')
  assert.equal(foreign instanceof Uint8Array, false)
  const encoded = PutRequest.encode({ key: foreign })
  assert.deepEqual(encoded, PutRequest.encode({ key: Uint8Array.of(1, 2) }))
  assert.deepEqual(PutRequest.decode(foreign.subarray(2)), PutRequest.create())
})

test('Writer.reset and skip let one writer carry many messages', () => {
  const writer = new Writer(4)
  for (let round = 0; round < 3; round++) {
    writer.reset()
    assert.equal(writer.skip(5), 0)
    PutRequest.write(writer, { key: Uint8Array.of(round), value: new Uint8Array(200) })
    const view = writer.view()
    assert.equal(view.length, writer.length)
    assert.deepEqual([...view.subarray(0, 5)], [0, 0, 0, 0, 0])
    assert.equal(PutRequest.decode(view.subarray(5)).key[0], round)
    view[0] = 1
    assert.equal(writer.view()[0], 1)
  }
  assert.throws(() => writer.reset(writer.length + 1), RangeError)
})

test('Writer.reset after an error takes back what was written of the message', () => {
  const writer = new Writer()
  writer.raw(Uint8Array.of(1, 2, 3))
  assert.throws(() => PutRequest.write(writer, { key: new Uint8Array(50), lease: 'x' }))
  assert.ok(writer.length > 3)
  writer.reset(3)
  assert.deepEqual([...writer.copy()], [1, 2, 3])
})

test('encode within encode, and after a failed one, yields bytes of its own', () => {
  const inner = { key: Uint8Array.of(9) }
  let nested: Uint8Array | undefined
  const outer = {
    get key() {
      nested = PutRequest.encode(inner)
      return Uint8Array.of(8)
    },
    value: new Uint8Array(3),
  }
  const encoded = PutRequest.encode(outer)
  assert.deepEqual(nested, PutRequest.encode(inner))
  assert.deepEqual(encoded, PutRequest.encode({ key: Uint8Array.of(8), value: new Uint8Array(3) }))
  assert.throws(() => PutRequest.encode({ lease: 'x' }))
  const first = PutRequest.encode(inner)
  const second = PutRequest.encode({ key: Uint8Array.of(7) })
  assert.deepEqual([...first], [10, 1, 9])
  assert.deepEqual([...second], [10, 1, 7])
})
