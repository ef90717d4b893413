// Frames and blocks that break RFC 9113 or RFC 7541: the connection ends, every call is told, the server is told why.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { ErrorCode } from '../../src/http2/constants.ts'
import { encodeHeaders } from '../../src/http2/hpack/encoder.ts'
import {
  continuationFrame,
  dataFrame,
  headersFrame,
  pingFrame,
  rawFrame,
  resetFrame,
  windowUpdateFrame,
} from './frames.ts'
import { MemorySession } from './memory-session.ts'
import { okHeaders, ScriptedPeer } from './scripted-peer.ts'
import { TestClient } from './test-client.ts'

const { protocolError, frameSizeError, compressionError } = ErrorCode
const bytes = (length: number) => new Uint8Array(length)
const block = (...octets: number[]) => headersFrame(1, Buffer.from(octets))

/** Frames that end a connection on which streams 1, 3 and 7 are open, 5 is over, and the next one waits. */
const fatal: readonly (readonly [name: string, frame: Buffer, errorCode: number])[] = [
  ['DATA on stream 0', dataFrame(0, 'x'), protocolError],
  ['DATA on a stream that was never opened', dataFrame(9, 'x'), protocolError],
  ['DATA on a stream of the server', dataFrame(2, 'x'), protocolError],
  [
    'DATA padded beyond its end',
    rawFrame({ type: 0, flags: 8, streamId: 5, payload: Buffer.of(3, 0, 0) }),
    protocolError,
  ],
  [
    'padded DATA without a pad length',
    rawFrame({ type: 0, flags: 8, streamId: 5 }),
    frameSizeError,
  ],
  ['HEADERS on stream 0', headersFrame(0, okHeaders), protocolError],
  ['HEADERS on a stream that was never opened', headersFrame(9, okHeaders), protocolError],
  ['HEADERS on a stream of the server', headersFrame(2, okHeaders), protocolError],
  [
    'HEADERS padded beyond its end',
    rawFrame({ type: 1, flags: 12, streamId: 1, payload: Buffer.of(3, 0x88, 0) }),
    protocolError,
  ],
  [
    'padded HEADERS without a pad length',
    rawFrame({ type: 1, flags: 12, streamId: 1 }),
    frameSizeError,
  ],
  [
    'HEADERS too short for its priority',
    rawFrame({ type: 1, flags: 36, streamId: 1, payload: bytes(4) }),
    protocolError,
  ],
  [
    'HEADERS too short for padding and priority',
    rawFrame({ type: 1, flags: 44, streamId: 1, payload: Buffer.of(1, 0, 0, 0, 0, 0) }),
    protocolError,
  ],
  [
    'CONTINUATION without HEADERS',
    continuationFrame(1, encodeHeaders(okHeaders), true),
    protocolError,
  ],
  [
    'CONTINUATION after a whole block',
    Buffer.concat([headersFrame(1, okHeaders), continuationFrame(1, bytes(0), true)]),
    protocolError,
  ],
  ['PRIORITY of 4 octets', rawFrame({ type: 2, streamId: 1, payload: bytes(4) }), frameSizeError],
  ['PRIORITY on stream 0', rawFrame({ type: 2, payload: bytes(5) }), protocolError],
  ['RST_STREAM of 3 octets', rawFrame({ type: 3, streamId: 1, payload: bytes(3) }), frameSizeError],
  ['RST_STREAM of 5 octets', rawFrame({ type: 3, streamId: 1, payload: bytes(5) }), frameSizeError],
  ['RST_STREAM on stream 0', resetFrame(0, 0), protocolError],
  ['RST_STREAM on a stream that was never opened', resetFrame(9, 0), protocolError],
  ['PUSH_PROMISE', rawFrame({ type: 5, flags: 4, streamId: 1, payload: bytes(4) }), protocolError],
  ['PING of 7 octets', rawFrame({ type: 6, payload: bytes(7) }), frameSizeError],
  ['PING of 9 octets', rawFrame({ type: 6, payload: bytes(9) }), frameSizeError],
  ['PING on a stream', rawFrame({ type: 6, streamId: 1, payload: bytes(8) }), protocolError],
  ['GOAWAY of 7 octets', rawFrame({ type: 7, payload: bytes(7) }), frameSizeError],
  ['GOAWAY on a stream', rawFrame({ type: 7, streamId: 1, payload: bytes(8) }), protocolError],
  [
    'WINDOW_UPDATE of 3 octets',
    rawFrame({ type: 8, streamId: 1, payload: bytes(3) }),
    frameSizeError,
  ],
  ['WINDOW_UPDATE on a stream that was never opened', windowUpdateFrame(9, 1), protocolError],
  ['WINDOW_UPDATE on a stream of the server', windowUpdateFrame(2, 1), protocolError],
  ['a block with index 0', block(0x80), compressionError],
  ['a block with an index beyond the tables', block(0xff, 0x20), compressionError],
  ['a block that ends in an integer', block(0xff), compressionError],
  [
    'a block with an endless integer',
    block(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0),
    compressionError,
  ],
  ['a block that ends in a name', block(0x00, 5, 0x61), compressionError],
  ['a block that ends before a value', block(0x00, 1, 0x61), compressionError],
  ['a block with bad Huffman padding', block(0x00, 0x81, 0x00, 0), compressionError],
  [
    'a block with the Huffman end of string',
    block(0x00, 0x84, 0xff, 0xff, 0xff, 0xff, 0),
    compressionError,
  ],
  ['a block with a table larger than allowed', block(0x3f, 0xe2, 0x1f), compressionError],
  ['a block with a size update behind a field', block(0x88, 0x20), compressionError],
  ['such a block on a stream that is over', headersFrame(5, Buffer.of(0x80)), compressionError],
]

describe('a connection error', () => {
  for (const [name, frame, errorCode] of fatal) {
    it(`ends everything: ${name}`, async () => {
      const peer = new MemorySession({ settings: [[3, 3]] })
      const [first, second, over] = [peer.open(), peer.open(), peer.open()]
      peer.session.cancel(over)
      const open = [first, second, peer.open()]
      const queued = peer.open()
      await peer.written()
      peer.feed(frame)
      assert.deepEqual([peer.closedBy?.scope, peer.closedBy?.errorCode], ['connection', errorCode])
      assert.equal(peer.closedBy?.byPeer, false)
      for (const stream of open) {
        const error = await stream.error()
        assert.deepEqual([error.errorCode, error.unprocessed], [errorCode, false])
      }
      assert.equal((await queued.error()).unprocessed, true)
      const goaway = (await peer.written()).at(-1)
      assert.deepEqual([goaway?.name, goaway?.payload.readUInt32BE(4)], ['GOAWAY', errorCode])
      assert.deepEqual([peer.ends, peer.holds, peer.session.activeStreams], [1, false, 0])
      assert.deepEqual(peer.events, ['ready', 'draining', 'close'])
    })
  }
})

describe('what looks odd but is allowed', () => {
  for (const [name, frame] of [
    ['PRIORITY on any stream', rawFrame({ type: 2, streamId: 99, payload: bytes(5) })],
    [
      'frames of unknown types, on any stream',
      Buffer.concat([
        rawFrame({ type: 10, streamId: 2, payload: bytes(100) }),
        rawFrame({ type: 255, flags: 255 }),
      ]),
    ],
    ['flags that mean nothing', rawFrame({ type: 6, flags: 0xfe, payload: bytes(8) })],
    [
      'the reserved bit of a stream id',
      rawFrame({ type: 8, streamId: 0x80000001, payload: Buffer.of(0, 0, 0, 1) }),
    ],
    [
      'frames on a stream that is over',
      Buffer.concat([
        dataFrame(5, 'x'),
        headersFrame(5, okHeaders),
        resetFrame(5, 1),
        windowUpdateFrame(5, 1),
      ]),
    ],
    ['empty DATA', Buffer.concat([headersFrame(1, okHeaders), dataFrame(1, '')])],
  ] as const) {
    it(`${name} changes nothing`, () => {
      const peer = new MemorySession()
      const streams = [peer.open(), peer.open(), peer.open()]
      const [, , over] = streams
      assert(over !== undefined)
      peer.session.cancel(over)
      peer.feed(frame, pingFrame('go on...'))
      assert.equal(peer.session.isOpen, true)
      assert(!streams.some((stream) => stream.settled))
    })
  }
})

describe('on a real connection', () => {
  failOnLeaks()

  for (const [name, frame, errorCode] of fatal.filter((_, index) => index % 8 === 0)) {
    it(`the server gets GOAWAY and the end of the connection: ${name}`, async () => {
      await using peer = await ScriptedPeer.listen()
      await using client = await TestClient.connect(peer)
      const streams = [await client.openSeen(), await client.openSeen(), await client.openSeen()]
      client.peer.send(frame)
      for (const stream of streams) assert.equal((await stream.error()).errorCode, errorCode)
      assert.equal(await client.peer.goawayCode(), errorCode)
      await client.closed
    })
  }

  it('bytes that are no frames at all end it as well', async () => {
    await using peer = await ScriptedPeer.listen()
    await using client = await TestClient.connect(peer)
    const stream = await client.openSeen()
    client.peer.send(Buffer.from('HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\n'))
    assert.equal((await stream.error()).errorCode, frameSizeError)
  })
})
