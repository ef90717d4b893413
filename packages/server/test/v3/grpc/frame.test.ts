// Messages are put together however they were cut.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { type MessageType, PutRequest } from '@etcdkit/protocol'
import fc from 'fast-check'
import { frameMessage, MessageReader } from '../../../src/v3/grpc/frame.ts'
import { encodeStatusMessage, responseHeaders } from '../../../src/v3/grpc/response-headers.ts'
import { framed } from '../raw-grpc.ts'

it('MessageReader gives every message, whatever the pieces', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 })
  const cuts = fc.array(fc.nat(300), { maxLength: 12 })
  fc.assert(
    fc.property(messages, cuts, (sent, places) => {
      const body = Buffer.concat(sent.map((message) => framed(message)))
      const reader = new MessageReader(1000, 'identity')
      const received: Uint8Array[] = []
      for (const piece of cut(body, places)) {
        reader.push(piece)
        for (let next = reader.next(); next !== undefined; next = reader.next()) received.push(next)
      }
      assert.deepEqual(
        received.map((message) => Buffer.from(message)),
        sent.map((message) => Buffer.from(message)),
      )
      assert.equal(reader.partial, false)
    }),
  )
})

it('MessageReader.partial tells of a message that is cut off', () => {
  const reader = new MessageReader(1000, 'identity')
  reader.push(framed(new Uint8Array(10)).subarray(0, 8))
  assert.equal(reader.next(), undefined)
  assert.equal(reader.partial, true)
})

it('MessageReader reads what is compressed with gzip, within the limit', () => {
  const reader = new MessageReader(100, 'gzip')
  reader.push(framed(gzipSync(Buffer.from('text')), 1))
  assert.equal(Buffer.from(reader.next() ?? []).toString(), 'text')
  reader.push(framed(gzipSync(Buffer.alloc(101)), 1))
  assert.throws(() => reader.next(), /failed to decompress/)
})

it('frameMessage writes a message with its length', () => {
  const message = { key: Buffer.from('a'), value: Buffer.alloc(70_000, 1) }
  // A put is a message like any other.
  const type = PutRequest as MessageType<object>
  for (let round = 0; round < 2; round++) {
    assert.deepEqual(frameMessage(type, message), framed(PutRequest.encode(message)))
  }
})

it('encodeStatusMessage percent-encodes what is not printable ASCII', () => {
  assert.equal(encodeStatusMessage('plain "text" ~'), 'plain "text" ~')
  assert.equal(encodeStatusMessage('100 % nön\n'), '100 %25 n%C3%B6n%0A')
})

it('responseHeaders answers in the content type of the client', () => {
  assert.equal(responseHeaders('application/grpc')['content-type'], 'application/grpc')
  assert.equal(responseHeaders('application/grpc+Proto')['content-type'], 'application/grpc+proto')
})

function cut(body: Buffer, places: readonly number[]): Buffer[] {
  const edges = [0, ...places.filter((place) => place < body.length), body.length]
  edges.sort((a, b) => a - b)
  return edges.slice(1).map((end, index) => body.subarray(edges[index], end))
}
