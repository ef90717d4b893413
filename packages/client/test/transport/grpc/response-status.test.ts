// What the headers of a response say of how the call went.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type HeaderList, HpackDecoder } from '../../../src/http2/hpack/decoder.ts'
import { encodeHeaders, type HeaderEntry } from '../../../src/http2/hpack/encoder.ts'
import { decodeMessage, notGrpc, statusOf } from '../../../src/transport/grpc/response-status.ts'

function listOf(fields: readonly HeaderEntry[]): HeaderList {
  const block = encodeHeaders(fields)
  const decoder = new HpackDecoder({ maxTableSize: 4096, maxListSize: 100_000 })
  return decoder.decode(block, 0, block.length)
}

describe('notGrpc', () => {
  // Source: gRPC's doc/http-grpc-status-mapping.md; 4xx and 5xx that are not in it are unknown.
  for (const [http, status] of [
    ['400', 13],
    ['401', 16],
    ['403', 7],
    ['404', 12],
    ['429', 14],
    ['502', 14],
    ['503', 14],
    ['504', 14],
    ['204', 2],
    ['301', 2],
    ['418', 2],
    ['500', 2],
  ] as const) {
    it(`makes status ${status} of HTTP ${http}, whatever its content type`, () => {
      for (const type of ['text/html', 'application/grpc']) {
        const refusal = notGrpc(
          listOf([
            [':status', http],
            ['content-type', type],
          ]),
        )
        assert.deepEqual(refusal, { status, message: `the server answered HTTP ${http}` })
      }
    })
  }

  for (const type of ['application/grpc', 'application/grpc+proto', 'application/grpc;charset=x']) {
    it(`takes ${type}`, () => {
      assert.equal(
        notGrpc(
          listOf([
            [':status', '200'],
            ['content-type', type],
          ]),
        ),
        undefined,
      )
    })
  }

  it('refuses another content type, and none', () => {
    const html = notGrpc(
      listOf([
        [':status', '200'],
        ['content-type', 'text/html'],
      ]),
    )
    assert.deepEqual(
      [html?.status, html?.message],
      [2, 'the server answered text/html, not application/grpc'],
    )
    const none = notGrpc(listOf([[':status', '200']]))
    assert.deepEqual(
      [none?.status, none?.message],
      [2, 'the server answered without a content type, not application/grpc'],
    )
  })

  it('has nothing to say of trailers', () => {
    assert.equal(notGrpc(listOf([['x', 'y']])), undefined)
  })
})

describe('statusOf', () => {
  for (const [text, status] of [
    ['0', 0],
    ['1', 1],
    ['16', 16],
    ['17', 17],
    ['999', 999],
    ['', 2],
    ['-1', 2],
    ['1.5', 2],
    ['0x1', 2],
    ['1000', 2],
    ['OK', 2],
  ] as const) {
    it(`reads grpc-status ${JSON.stringify(text)} as ${status}`, () => {
      assert.equal(statusOf(listOf([['grpc-status', text]])).status, status)
    })
  }

  it('reads no grpc-status as unknown', () => {
    assert.equal(statusOf(listOf([['grpc-message', 'text']])).status, 2)
  })
})

describe('decodeMessage', () => {
  for (const [encoded, text] of [
    ['', ''],
    ['plain', 'plain'],
    ['a%20b', 'a b'],
    ['%E2%82%AC', '€'],
    ['line%0Abreak', 'line\nbreak'],
    ['100%25', '100%'],
    // What is not valid stays as it came: gRPC asks not to lose a message over its encoding.
    ['100%', '100%'],
    ['%zz', '%zz'],
    ['%E2%82', '%E2%82'],
    ['%ff%20', '%ff%20'],
  ] as const) {
    it(`makes ${JSON.stringify(text)} of ${JSON.stringify(encoded)}`, () => {
      assert.equal(decodeMessage(encoded), text)
    })
  }
})
