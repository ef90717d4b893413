// Every message type against itself and against protobufjs.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { messages, toPeer } from './support/arbitrary.ts'
import { typePairs } from './support/proto.ts'

const few = { numRuns: 25 }

test('there is a codec for each of the 117 messages of etcd', () => {
  assert.equal(typePairs.length, 117)
  for (const { name, ours } of typePairs) assert.equal(ours.typeName, name)
})

for (const { name, ours, peer } of typePairs) {
  test(`${name} encodes as protobufjs does and decodes to what it was`, () => {
    fc.assert(
      fc.property(messages(peer), (message) => {
        const bytes = ours.encode(message)
        assert.deepEqual(bytes, new Uint8Array(peer.encode(toPeer(peer, message)).finish()))
        assert.deepEqual(ours.decode(bytes), message)
      }),
      few,
    )
  })

  test(`${name} goes to JSON as protobufjs does and comes back as it was`, () => {
    fc.assert(
      fc.property(messages(peer), (message) => {
        const json = ours.toJson(message)
        const theirs = peer.toObject(peer.decode(ours.encode(message)), {
          longs: String,
          enums: String,
          bytes: String,
        })
        assert.deepEqual(json, theirs)
        assert.deepEqual(ours.fromJson(JSON.parse(JSON.stringify(json))), message)
      }),
      few,
    )
  })

  test(`${name}.create fills in what is absent and keeps what is there`, () => {
    fc.assert(
      fc.property(messages(peer), (message) => {
        assert.deepEqual(ours.create(message), message)
        assert.deepEqual(ours.create(), ours.decode(new Uint8Array()))
      }),
      { numRuns: 10 },
    )
  })
}

test('retainsBytes is true for exactly the messages with bytes in them', () => {
  const withBytes = typePairs.filter(({ peer }) => holdsBytes(peer.fullName, new Set()))
  assert.deepEqual(
    typePairs.filter(({ ours }) => ours.retainsBytes).map(({ name }) => name),
    withBytes.map(({ name }) => name),
  )
})

function holdsBytes(fullName: string, seen: Set<string>): boolean {
  if (seen.has(fullName)) return false
  seen.add(fullName)
  const pair = typePairs.find(({ peer }) => peer.fullName === fullName)
  const fields = pair?.peer.fieldsArray ?? []
  return fields.some(
    (field) =>
      field.type === 'bytes' ||
      (field.resolvedType !== null && holdsBytes(field.resolvedType.fullName, seen)),
  )
}
