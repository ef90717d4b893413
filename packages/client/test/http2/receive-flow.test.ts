// Response bodies under flow control: what the server may send, and when it is given credit.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorCode } from '../../src/http2/constants.ts'
import { dataFrame, type Frame, headersFrame } from './frames.ts'
import { MemorySession } from './memory-session.ts'
import { okHeaders } from './scripted-peer.ts'
import type { TestStream } from './test-client.ts'

const streamWindowBytes = 100_000
const connectionWindowBytes = 400_000
const full = new Uint8Array(10_000)

interface Answering {
  readonly peer: MemorySession
  readonly stream: TestStream
}

/** A session with small windows and a stream whose headers have come. */
async function answering(): Promise<Answering> {
  const peer = new MemorySession({ streamWindowBytes, connectionWindowBytes })
  const stream = peer.open()
  peer.feed(headersFrame(stream.id, okHeaders))
  await peer.written()
  return { peer, stream }
}

function credits(frames: readonly Frame[]): (readonly [streamId: number, bytes: number])[] {
  return frames
    .filter((frame) => frame.name === 'WINDOW_UPDATE')
    .map((frame) => [frame.streamId, frame.payload.readUInt32BE(0)] as const)
}

describe('a response body', () => {
  it('gives credit on both levels when half a window is used', async () => {
    const { peer, stream } = await answering()
    for (let count = 0; count < 4; count++) peer.feed(dataFrame(stream.id, full))
    assert.deepEqual(credits(await peer.written()), [])
    peer.feed(dataFrame(stream.id, full))
    assert.deepEqual(credits(await peer.written()), [[stream.id, 50_000]])
    for (let count = 0; count < 15; count++) peer.feed(dataFrame(stream.id, full))
    assert.deepEqual(credits(await peer.written()), [
      [stream.id, 50_000],
      [stream.id, 50_000],
      [0, 200_000],
      [stream.id, 50_000],
    ])
  })

  it('of any length comes through when it is consumed', async () => {
    const { peer, stream } = await answering()
    for (let count = 0; count < 500; count++) {
      peer.feed(dataFrame(stream.id, full))
      await peer.written()
    }
    peer.feed(dataFrame(stream.id, '', { end: true }))
    await stream.ended()
    assert.equal(stream.body.length, 5_000_000)
  })

  it('that is not consumed gets no credit on its stream, but does on the connection', async () => {
    const { peer, stream } = await answering()
    stream.consumes = false
    for (let count = 0; count < 10; count++) peer.feed(dataFrame(stream.id, full))
    assert.deepEqual(credits(await peer.written()), [])
    peer.session.consumed(stream, 30_000)
    assert.deepEqual(credits(await peer.written()), [])
    peer.session.consumed(stream, 70_000)
    assert.deepEqual(credits(await peer.written()), [[stream.id, 100_000]])
    peer.feed(dataFrame(stream.id, full))
    assert.equal(stream.settled, false)
  })

  it('over the window of its stream fails that stream only', async () => {
    const { peer, stream } = await answering()
    const other = peer.open()
    stream.consumes = false
    for (let count = 0; count < 10; count++) peer.feed(dataFrame(stream.id, full))
    assert.equal(stream.settled, false)
    peer.feed(dataFrame(stream.id, 'x'))
    const error = await stream.error()
    assert.deepEqual([error.scope, error.errorCode], ['stream', ErrorCode.flowControlError])
    assert.equal(other.settled, false)
    const reset = (await peer.written()).find((frame) => frame.name === 'RST_STREAM')
    assert.equal(reset?.payload.readUInt32BE(0), ErrorCode.flowControlError)
  })

  it('cannot go over the window of the connection: its credit is given as bytes come', async () => {
    const peer = new MemorySession({
      streamWindowBytes: 10_000_000,
      connectionWindowBytes: 65_535,
    })
    const stream = peer.open()
    peer.feed(headersFrame(stream.id, okHeaders), dataFrame(stream.id, new Uint8Array(16_384)))
    for (let count = 0; count < 100; count++) {
      peer.feed(dataFrame(stream.id, new Uint8Array(16_384)))
    }
    assert.equal(peer.session.isOpen, true)
    assert.equal(stream.body.length, 101 * 16_384)
  })

  it('counts padding on both levels, and gives it back at the end of its frame', async () => {
    const { peer, stream } = await answering()
    stream.consumes = false
    // 200 frames of 1 + 249 octets of padding and 250 of content: half of the stream's window, and all of it content's.
    for (let count = 0; count < 200; count++) {
      peer.feed(dataFrame(stream.id, new Uint8Array(250), { padding: 249 }))
    }
    assert.deepEqual(credits(await peer.written()), [[stream.id, 50_000]])
    peer.session.consumed(stream, 50_000)
    assert.deepEqual(credits(await peer.written()), [[stream.id, 50_000]])
    for (let count = 0; count < 200; count++) {
      peer.feed(dataFrame(stream.id, new Uint8Array(250), { padding: 249 }))
    }
    const given = credits(await peer.written())
    assert.deepEqual(given, [
      [0, 200_000],
      [stream.id, 50_000],
    ])
  })

  it('of nothing but padding gives its credit back', async () => {
    const { peer, stream } = await answering()
    for (let count = 0; count < 1000; count++) {
      peer.feed(dataFrame(stream.id, '', { padding: 255 }))
      await peer.written()
    }
    assert.equal(stream.settled, false)
    assert.deepEqual(stream.chunks, [])
  })

  it('after its stream is over counts on the connection, and is given back', async () => {
    const { peer, stream } = await answering()
    peer.session.cancel(stream)
    await peer.written()
    for (let count = 0; count < 60; count++) {
      peer.feed(dataFrame(stream.id, full, { padding: 10 }))
    }
    assert.deepEqual(credits(await peer.written()), [
      [0, 200_220],
      [0, 200_220],
      [0, 200_220],
    ])
    assert.deepEqual(stream.late, [])
  })

  it('whose stream is canceled in the middle of a frame is not handed over any more', async () => {
    const { peer, stream } = await answering()
    const frame = dataFrame(stream.id, 'abcdef', { end: true })
    peer.feed(frame.subarray(0, 12))
    assert.equal(stream.body, 'abc')
    peer.session.cancel(stream)
    peer.feed(frame.subarray(12))
    assert.equal(stream.body, 'abc')
    assert.deepEqual(stream.late, [])
  })

  it('consumed after its stream is over is no credit for anything', async () => {
    const { peer, stream } = await answering()
    peer.session.cancel(stream)
    await peer.written()
    peer.session.consumed(stream, 100_000)
    assert.deepEqual(await peer.written(), [])
  })
})
