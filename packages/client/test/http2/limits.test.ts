// What is too large: frames, header lists, blocks. Each ends just what it must, with a typed error.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { ErrorCode } from '../../src/http2/constants.ts'
import { encodeHeaders, type HeaderEntry } from '../../src/http2/hpack/encoder.ts'
import { continuationFrame, dataFrame, headersFrame, rawFrame } from './frames.ts'
import { MemorySession } from './memory-session.ts'
import { okHeaders, ScriptedPeer } from './scripted-peer.ts'
import { TestClient } from './test-client.ts'

const large: readonly HeaderEntry[] = [...okHeaders, ['large', '~'.repeat(2000)]]

describe('a frame', () => {
  failOnLeaks()

  it('of 16,384 octets is taken, one more is the end of the connection', async () => {
    await using peer = await ScriptedPeer.listen()
    await using client = await TestClient.connect(peer)
    const stream = await client.openSeen()
    client.peer.headers(stream.id, okHeaders)
    client.peer.data(stream.id, new Uint8Array(16_384))
    client.peer.data(stream.id, new Uint8Array(16_385))
    const error = await stream.error()
    assert.deepEqual([error.scope, error.errorCode], ['connection', ErrorCode.frameSizeError])
    assert.equal(stream.body.length, 16_384)
    assert.equal(await client.peer.goawayCode(), ErrorCode.frameSizeError)
  })

  it('that only announces too much is refused by its header, whatever its type', () => {
    for (let type = 0; type < 12; type++) {
      const peer = new MemorySession()
      peer.open()
      peer.feed(rawFrame({ type, streamId: 1, length: 0xffffff }))
      assert.equal(peer.closedBy?.errorCode, ErrorCode.frameSizeError)
    }
  })

  it('of 16,384 octets of any other type fits where an incomplete one is kept', async () => {
    const peer = new MemorySession()
    const stream = peer.open()
    const block = encodeHeaders([...okHeaders, ['large', '~'.repeat(12_500)]])
    const padded = headersFrame(1, block, { padding: 255, end: true })
    const unknown = rawFrame({ type: 77, payload: new Uint8Array(16_384) })
    const bytes = Buffer.concat([unknown, padded, unknown])
    for (const byte of bytes) peer.feed(Buffer.of(byte))
    await stream.ended()
    assert.equal(stream.sections[0]?.length, 2)
  })
})

describe('a header list over the limit', () => {
  it('fails its stream only, and the table goes on: in headers and in trailers', async () => {
    const peer = new MemorySession({ maxHeaderListBytes: 1000 })
    const [first, second, third] = [peer.open(), peer.open(), peer.open()]
    const indexing = Buffer.concat([Buffer.of(0x40, 1, 0x61, 1, 0x62)])
    peer.feed(headersFrame(1, Buffer.concat([encodeHeaders(large), indexing])))
    peer.feed(
      headersFrame(3, okHeaders),
      headersFrame(3, [['large', '~'.repeat(2000)]], { end: true }),
    )
    peer.feed(
      headersFrame(5, Buffer.concat([encodeHeaders(okHeaders), Buffer.of(0xbe)]), { end: true }),
    )
    for (const stream of [first, second]) {
      const error = await stream.error()
      assert.deepEqual([error.scope, error.errorCode], ['stream', ErrorCode.enhanceYourCalm])
    }
    await third.ended()
    assert.deepEqual(third.sections, [[...okHeaders, ['a', 'b']]])
  })

  it('made of a small block that refers to a large entry again and again takes no memory', async () => {
    const peer = new MemorySession()
    const stream = peer.open()
    const entry = Buffer.concat([
      Buffer.of(0x40, 1, 0x61, 0x7f, 0xa1, 0x1e),
      Buffer.alloc(4000, '~'),
    ])
    const bomb = Buffer.alloc(10_000, 0xbe)
    peer.feed(
      headersFrame(1, Buffer.concat([encodeHeaders(okHeaders), entry]), { endHeaders: false }),
    )
    for (let count = 0; count < 20; count++) peer.feed(continuationFrame(1, bomb, count === 19))
    const error = await stream.error()
    assert.deepEqual([error.scope, error.errorCode], ['stream', ErrorCode.enhanceYourCalm])
    assert.equal(peer.session.isOpen, true)
  })

  it('is the default of 64 KiB, and what is under it passes', async () => {
    const peer = new MemorySession()
    const [first, second] = [peer.open(), peer.open()]
    const fields = (count: number): HeaderEntry[] => [
      ...okHeaders,
      ...Array.from(
        { length: count },
        (_, index): HeaderEntry => [`name-${index}`, '~'.repeat(900)],
      ),
    ]
    const send = (id: number, count: number) => {
      const block = encodeHeaders(fields(count))
      peer.feed(headersFrame(id, block.subarray(0, 16_384), { endHeaders: false, end: true }))
      for (let at = 16_384; at < block.length; at += 16_384) {
        const end = at + 16_384
        peer.feed(continuationFrame(id, block.subarray(at, end), end >= block.length))
      }
    }
    send(1, 60)
    await first.ended()
    send(3, 80)
    assert.equal((await second.error()).errorCode, ErrorCode.enhanceYourCalm)
  })
})

describe('a body', () => {
  it('costs no memory of ours: it is handed on as it comes', async () => {
    const peer = new MemorySession()
    const stream = peer.open()
    let bytes = 0
    stream.onData = (_, start, end) => {
      bytes += end - start
      return end - start
    }
    peer.feed(headersFrame(1, okHeaders))
    const chunk = dataFrame(1, new Uint8Array(16_384))
    for (let count = 0; count < 10_000; count++) {
      peer.feed(chunk)
      if (count % 100 === 0) await peer.written()
    }
    peer.feed(dataFrame(1, '', { end: true }))
    await stream.ended()
    assert.equal(bytes, 163_840_000)
  })
})
