// Header sections: how their blocks come in frames, and which ones no response may have.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorCode } from '../../src/http2/constants.ts'
import { encodeHeaders, type HeaderEntry } from '../../src/http2/hpack/encoder.ts'
import { continuationFrame, dataFrame, headersFrame, rawFrame, resetFrame } from './frames.ts'
import { MemorySession } from './memory-session.ts'
import { okHeaders } from './scripted-peer.ts'

const okBlock = encodeHeaders(okHeaders)

/** A block whose fields are literals without Huffman coding, so that anything can stand in them. */
function literalBlock(fields: readonly (readonly [string, string])[]): Uint8Array {
  const parts = fields.flatMap(([name, value]) => [
    Buffer.of(0, name.length),
    Buffer.from(name, 'latin1'),
    Buffer.of(value.length),
    Buffer.from(value, 'latin1'),
  ])
  return Buffer.concat(parts)
}

describe('a header block', () => {
  it('may come in CONTINUATION frames, empty ones among them', async () => {
    const peer = new MemorySession()
    const stream = peer.open()
    const fields: HeaderEntry[] = [...okHeaders, ['name', 'value'.repeat(100)]]
    const block = encodeHeaders(fields)
    peer.feed(headersFrame(1, block.subarray(0, 1), { endHeaders: false }))
    peer.feed(continuationFrame(1, block.subarray(1, 200), false))
    peer.feed(continuationFrame(1, new Uint8Array(0), false))
    assert.deepEqual(stream.sections, [])
    peer.feed(continuationFrame(1, block.subarray(200), true))
    assert.deepEqual(stream.sections, [fields])
    peer.feed(dataFrame(1, '', { end: true }))
    await stream.ended()
  })

  it('that ends the stream does so after its last CONTINUATION', async () => {
    const peer = new MemorySession()
    const stream = peer.open()
    peer.feed(headersFrame(1, okBlock, { endHeaders: false, end: true }))
    assert.equal(stream.settled, false)
    peer.feed(continuationFrame(1, new Uint8Array(0), true))
    await stream.ended()
    assert.deepEqual(stream.sections, [okHeaders])
  })

  it('may be padded, have a priority, or both', () => {
    const peer = new MemorySession()
    for (const [index, options] of [
      { padding: 0 },
      { padding: 255 },
      { priority: true },
      { padding: 7, priority: true },
    ].entries()) {
      const stream = peer.open()
      peer.feed(headersFrame(index * 2 + 1, okHeaders, { ...options, end: true }))
      assert.deepEqual(stream.sections, [okHeaders])
    }
  })

  it('of a stream that is over is decoded all the same, for the table', () => {
    const peer = new MemorySession()
    const [first, second] = [peer.open(), peer.open()]
    peer.session.cancel(first)
    // A literal with incremental indexing: the next block refers to it as entry 62.
    peer.feed(headersFrame(1, Buffer.concat([okBlock, Buffer.of(0x40, 1, 0x61, 1, 0x62)])))
    peer.feed(headersFrame(3, Buffer.concat([okBlock, Buffer.of(0xbe)])))
    assert.deepEqual(second.sections, [[...okHeaders, ['a', 'b']]])
    assert.deepEqual(first.late, [])
  })

  for (const [name, frame] of [
    ['DATA', dataFrame(1, 'x')],
    ['HEADERS of another stream', headersFrame(3, okHeaders)],
    ['HEADERS of the same stream', headersFrame(1, okHeaders)],
    ['CONTINUATION of another stream', continuationFrame(3, okBlock, true)],
    ['RST_STREAM', resetFrame(1, 8)],
    ['PING', rawFrame({ type: 6, payload: new Uint8Array(8) })],
    ['a frame of an unknown type', rawFrame({ type: 99 })],
  ] as const) {
    it(`interrupted by ${name} ends the connection`, async () => {
      const peer = new MemorySession()
      const streams = [peer.open(), peer.open()]
      peer.feed(headersFrame(1, okBlock, { endHeaders: false }), frame)
      for (const stream of streams) {
        assert.equal((await stream.error()).errorCode, ErrorCode.protocolError)
      }
      assert.equal(peer.closedBy?.scope, 'connection')
    })
  }

  it('in endless CONTINUATION frames ends the connection early: empty, small or large ones', () => {
    for (const part of [new Uint8Array(0), Uint8Array.of(0x82), new Uint8Array(16_384)]) {
      const peer = new MemorySession()
      peer.open()
      peer.feed(headersFrame(1, okBlock, { endHeaders: false }))
      let count = 0
      while (peer.session.isOpen && count < 100) {
        peer.feed(continuationFrame(1, part, false))
        count++
      }
      assert.equal(peer.closedBy?.errorCode, ErrorCode.enhanceYourCalm)
      assert(count <= 64, `${count} frames`)
    }
  })
})

describe('a response', () => {
  it('may begin with informational ones, which are not handed over', async () => {
    const peer = new MemorySession()
    const stream = peer.open()
    peer.feed(
      headersFrame(1, [[':status', '100']]),
      headersFrame(1, [
        [':status', '103'],
        ['link', '</>'],
      ]),
      headersFrame(1, okHeaders),
      headersFrame(1, [['grpc-status', '0']], { end: true }),
    )
    await stream.ended()
    assert.deepEqual(stream.sections, [okHeaders, [['grpc-status', '0']]])
  })

  it('keeps fields of one name apart and in order, and tolerates space at their ends', async () => {
    const peer = new MemorySession()
    const stream = peer.open()
    const fields = [
      [':status', '200'],
      ['a', '1'],
      ['b', ' padded '],
      ['a', '2'],
    ] as const
    peer.feed(headersFrame(1, literalBlock(fields), { end: true }))
    await stream.ended()
    assert.deepEqual(stream.sections, [fields])
  })

  const malformed: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
    ['no :status', [['a', 'b']]],
    ['no fields', []],
    [
      'two :status fields',
      [
        [':status', '200'],
        [':status', '200'],
      ],
    ],
    ['an empty :status', [[':status', '']]],
    ['a :status that is no number', [[':status', '2x0']]],
    ['a :status of four digits', [[':status', '2000']]],
    ['a :status below 100', [[':status', '099']]],
    [
      "a request's pseudo-header field",
      [
        [':status', '200'],
        [':path', '/'],
      ],
    ],
    [
      'an unknown pseudo-header field',
      [
        [':status', '200'],
        [':what', 'x'],
      ],
    ],
    [
      'a pseudo-header field after others',
      [
        ['a', 'b'],
        [':status', '200'],
      ],
    ],
    [
      'an empty name',
      [
        [':status', '200'],
        ['', 'x'],
      ],
    ],
    [
      'a name in upper case',
      [
        [':status', '200'],
        ['Name', 'x'],
      ],
    ],
    [
      'a name with a space',
      [
        [':status', '200'],
        ['na me', 'x'],
      ],
    ],
    [
      'a name with NUL',
      [
        [':status', '200'],
        ['na\0me', 'x'],
      ],
    ],
    [
      'a name with a colon',
      [
        [':status', '200'],
        ['na:me', 'x'],
      ],
    ],
    [
      'a name beyond ASCII',
      [
        [':status', '200'],
        ['n\xe4me', 'x'],
      ],
    ],
    [
      'a value with a line feed',
      [
        [':status', '200'],
        ['a', 'x\ny: z'],
      ],
    ],
    [
      'a value with a carriage return',
      [
        [':status', '200'],
        ['a', 'x\r'],
      ],
    ],
    [
      'a value with NUL',
      [
        [':status', '200'],
        ['a', '\0'],
      ],
    ],
    [
      'connection',
      [
        [':status', '200'],
        ['connection', 'close'],
      ],
    ],
    [
      'keep-alive',
      [
        [':status', '200'],
        ['keep-alive', '1'],
      ],
    ],
    [
      'proxy-connection',
      [
        [':status', '200'],
        ['proxy-connection', '1'],
      ],
    ],
    [
      'transfer-encoding',
      [
        [':status', '200'],
        ['transfer-encoding', 'chunked'],
      ],
    ],
    [
      'upgrade',
      [
        [':status', '200'],
        ['upgrade', 'h2c'],
      ],
    ],
  ]
  for (const [name, fields] of malformed) {
    it(`with ${name} fails its stream only`, async () => {
      const peer = new MemorySession()
      const [stream, other] = [peer.open(), peer.open()]
      peer.feed(headersFrame(1, literalBlock(fields)))
      const error = await stream.error()
      assert.deepEqual([error.scope, error.errorCode], ['stream', ErrorCode.protocolError])
      assert.deepEqual(stream.sections, [])
      const reset = (await peer.written()).at(-1)
      assert.deepEqual([reset?.name, reset?.streamId], ['RST_STREAM', 1])
      assert.equal(other.settled, false)
      // What follows on the stream is ignored, good or bad.
      peer.feed(headersFrame(1, okHeaders), dataFrame(1, 'x', { end: true }))
      assert.deepEqual(stream.late, [])
      assert.equal(peer.session.isOpen, true)
    })
  }

  for (const [name, frames] of [
    ['DATA before HEADERS', [dataFrame(1, 'x')]],
    ['trailers without END_STREAM', [headersFrame(1, okHeaders), headersFrame(1, [['a', 'b']])]],
    [
      'a pseudo-header field in trailers',
      [headersFrame(1, okHeaders), headersFrame(1, okHeaders, { end: true })],
    ],
    [
      'an informational response that ends the stream',
      [headersFrame(1, [[':status', '100']], { end: true })],
    ],
    [
      'DATA after an informational response',
      [headersFrame(1, [[':status', '100']]), dataFrame(1, 'x')],
    ],
  ] as const) {
    it(`with ${name} fails its stream only`, async () => {
      const peer = new MemorySession()
      const [stream, other] = [peer.open(), peer.open()]
      peer.feed(...frames)
      const error = await stream.error()
      assert.deepEqual([error.scope, error.errorCode], ['stream', ErrorCode.protocolError])
      assert.deepEqual([other.settled, peer.session.isOpen], [false, true])
    })
  }
})
