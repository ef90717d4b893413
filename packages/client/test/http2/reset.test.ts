// RST_STREAM, the server's and ours: one stream ends, the connection goes on.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { ErrorCode } from '../../src/http2/constants.ts'
import { dataFrame, headersFrame, resetFrame } from './frames.ts'
import { MemorySession } from './memory-session.ts'
import { okHeaders, ScriptedPeer } from './scripted-peer.ts'
import { TestClient } from './test-client.ts'

describe('RST_STREAM from the server', () => {
  failOnLeaks()

  it('REFUSED_STREAM fails the call as unprocessed', async () => {
    await using peer = await ScriptedPeer.listen()
    await using client = await TestClient.connect(peer)
    const stream = await client.openSeen()
    client.peer.send(resetFrame(1, ErrorCode.refusedStream))
    const error = await stream.error()
    assert.deepEqual(
      [error.scope, error.errorCode, error.byPeer, error.unprocessed],
      ['stream', ErrorCode.refusedStream, true, true],
    )
    const next = await client.openSeen()
    client.peer.respond(next.id)
    await next.ended()
  })

  for (const code of [ErrorCode.noError, ErrorCode.internalError, ErrorCode.cancel, 0xffffffff]) {
    it(`with code ${code} fails the call, which may have been processed`, async () => {
      const peer = new MemorySession()
      const [stream, other] = [peer.open(), peer.open()]
      peer.feed(resetFrame(1, code))
      const error = await stream.error()
      assert.deepEqual(
        [error.scope, error.errorCode, error.byPeer, error.unprocessed],
        ['stream', code, true, false],
      )
      assert.equal(other.settled, false)
      assert(!(await peer.written()).some((frame) => frame.name === 'RST_STREAM'))
    })
  }

  it('in the middle of a response fails it; what still comes is ignored', async () => {
    const peer = new MemorySession()
    const stream = peer.open()
    peer.feed(
      headersFrame(1, okHeaders),
      dataFrame(1, 'half'),
      resetFrame(1, ErrorCode.internalError),
    )
    await stream.error()
    assert.equal(stream.body, 'half')
    peer.feed(dataFrame(1, 'more'), headersFrame(1, [['a', 'b']], { end: true }), resetFrame(1, 0))
    assert.deepEqual(stream.late, [])
    assert.equal(peer.session.isOpen, true)
  })

  it('of NO_ERROR after a whole response changes nothing: that is how servers refuse the rest of a request', async () => {
    const peer = new MemorySession({ settings: [[4, 10]] })
    const stream = peer.open(new Uint8Array(100))
    peer.feed(headersFrame(1, okHeaders, { end: true }), resetFrame(1, ErrorCode.noError))
    await stream.ended()
    assert.deepEqual(stream.late, [])
  })

  it('drops what waits of the request', async () => {
    const peer = new MemorySession({ settings: [[4, 10]] })
    peer.open(new Uint8Array(100))
    peer.feed(resetFrame(1, ErrorCode.cancel))
    await peer.written()
    peer.feed(Buffer.of(0, 0, 4, 8, 0, 0, 0, 0, 1, 0, 0, 1, 0))
    assert.deepEqual(await peer.written(), [])
  })
})

describe('a response that ends before its request', () => {
  it('is a whole one, and the rest of the request is taken back by NO_ERROR', async () => {
    for (const [settings, end] of [
      [[], false],
      [[[4, 10]], true],
    ] as const) {
      const peer = new MemorySession({ settings })
      const stream = peer.open(new Uint8Array(100), end)
      await peer.written()
      peer.feed(headersFrame(1, okHeaders, { end: true }))
      await stream.ended()
      const frames = await peer.written()
      assert.deepEqual(
        frames.map(({ name, payload }) => [name, payload.readUInt32BE(0)]),
        [['RST_STREAM', ErrorCode.noError]],
      )
    }
  })
})

describe('Http2Session.cancel', () => {
  it('resets the stream, once, and calls nothing back', async () => {
    const peer = new MemorySession()
    const stream = peer.open()
    peer.session.cancel(stream)
    peer.session.cancel(stream)
    peer.feed(headersFrame(1, okHeaders), dataFrame(1, 'x', { end: true }))
    const resets = (await peer.written()).filter((frame) => frame.name === 'RST_STREAM')
    assert.deepEqual(
      resets.map(({ payload }) => payload.readUInt32BE(0)),
      [ErrorCode.cancel],
    )
    assert.deepEqual([stream.sections, stream.settled], [[], false])
  })

  it('of a stream that is over does nothing', async () => {
    const peer = new MemorySession()
    const stream = peer.open()
    peer.feed(headersFrame(1, okHeaders, { end: true }))
    await peer.written()
    peer.session.cancel(stream)
    assert.deepEqual(await peer.written(), [])
  })

  it('of a stream that another connection has now does nothing', async () => {
    const [one, two] = [new MemorySession(), new MemorySession()]
    const stream = one.open()
    one.feed(resetFrame(1, ErrorCode.refusedStream))
    two.open()
    two.session.open(stream, Uint8Array.of(0x83), undefined, true)
    one.open()
    assert.equal(stream.id, 3)
    await one.written()
    one.session.cancel(stream)
    assert.deepEqual(await one.written(), [])
  })
})
