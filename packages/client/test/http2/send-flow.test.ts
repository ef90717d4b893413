// Request bodies under flow control: both windows, what enlarges them, and SETTINGS that move them.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { ErrorCode, SettingId } from '../../src/http2/constants.ts'
import type { Frame } from './frames.ts'
import { settingsFrame, windowUpdateFrame } from './frames.ts'
import { MemorySession } from './memory-session.ts'
import { ScriptedPeer } from './scripted-peer.ts'
import { TestClient } from './test-client.ts'

const largest = 2_147_483_647
const initialWindow = (bytes: number) => [SettingId.initialWindowSize, bytes] as const

/** Bytes that tell their place, so that a mix-up is seen. */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index % 251)
}

function bodyOf(frames: readonly Frame[], streamId: number): Buffer {
  const data = frames.filter((frame) => frame.name === 'DATA' && frame.streamId === streamId)
  return Buffer.concat(data.map((frame) => frame.payload))
}

function endsOf(frames: readonly Frame[]): number[] {
  return frames.filter(({ name, flags }) => name === 'DATA' && flags === 1).map((f) => f.streamId)
}

describe('a request body', () => {
  failOnLeaks()

  it('waits for the stream window, and goes on with each WINDOW_UPDATE', async () => {
    await using peer = await ScriptedPeer.listen()
    await using client = await TestClient.connect(peer, { settings: [initialWindow(10)] })
    const body = pattern(25)
    const stream = await client.openSeen(body)
    const parts = [await client.peer.expect('DATA', stream.id)]
    assert.deepEqual(await client.peer.pending(), [])
    client.peer.send(windowUpdateFrame(stream.id, 10))
    parts.push(await client.peer.expect('DATA', stream.id))
    client.peer.send(windowUpdateFrame(stream.id, 100))
    parts.push(await client.peer.expect('DATA', stream.id))
    assert.deepEqual(
      parts.map(({ flags, payload }) => [flags, payload.length]),
      [
        [0, 10],
        [0, 10],
        [1, 5],
      ],
    )
    assert.deepEqual(Buffer.concat(parts.map((part) => part.payload)), Buffer.from(body))
  })

  it('waits for the connection window, shared by all streams', async () => {
    const peer = new MemorySession({ settings: [initialWindow(largest)] })
    const first = peer.open(pattern(60_000))
    const second = peer.open(pattern(10_000))
    const before = await peer.written()
    assert.equal(bodyOf(before, first.id).length, 60_000)
    assert.equal(bodyOf(before, second.id).length, 5535)
    peer.feed(windowUpdateFrame(0, 4000))
    assert.equal(bodyOf(await peer.written(), second.id).length, 4000)
    peer.feed(windowUpdateFrame(0, 4000))
    const after = await peer.written()
    assert.equal(bodyOf(after, second.id).length, 465)
    assert.deepEqual(endsOf(after), [second.id])
  })

  it('is cut by the largest frame the server takes', async () => {
    const peer = new MemorySession({
      settings: [
        [SettingId.maxFrameSize, 20_000],
        [SettingId.initialWindowSize, largest],
      ],
    })
    const stream = peer.open(pattern(45_000))
    const frames = (await peer.written()).filter((frame) => frame.name === 'DATA')
    assert.deepEqual(
      frames.map((frame) => frame.payload.length),
      [20_000, 20_000, 5000],
    )
    assert.deepEqual(bodyOf(frames, stream.id), Buffer.from(pattern(45_000)))
  })

  it('that is empty ends without a window', async () => {
    const peer = new MemorySession({ settings: [initialWindow(0)] })
    const stream = peer.open(new Uint8Array(0))
    assert.deepEqual(endsOf(await peer.written()), [stream.id])
  })

  it('sent in parts stays in order, and its end comes last', async () => {
    const peer = new MemorySession({ settings: [initialWindow(4)] })
    const stream = peer.open(Buffer.from('abc'), false)
    for (const part of ['def', 'ghi', 'jkl']) peer.session.send(stream, Buffer.from(part), false)
    peer.session.send(stream, new Uint8Array(0), true)
    let frames = await peer.written()
    for (let count = 0; count < 4; count++) {
      assert.deepEqual(endsOf(frames), [])
      peer.feed(windowUpdateFrame(stream.id, 2))
      frames = frames.concat(await peer.written())
    }
    assert.equal(bodyOf(frames, stream.id).toString(), 'abcdefghijkl')
    assert.deepEqual(endsOf(frames), [stream.id])
  })

  it('may be reused by the caller at once', async () => {
    const peer = new MemorySession({ settings: [initialWindow(2)] })
    const bytes = Buffer.from('first')
    const stream = peer.open(bytes, false)
    bytes.fill('x')
    const more = Buffer.from('second')
    peer.session.send(stream, more, true)
    more.fill('x')
    peer.feed(windowUpdateFrame(stream.id, 100))
    assert.equal(bodyOf(await peer.written(), stream.id).toString(), 'firstsecond')
  })

  it('shares a connection window fairly: none of two large bodies starves', async () => {
    const peer = new MemorySession({ settings: [initialWindow(largest)] })
    const streams = [peer.open(pattern(500_000)), peer.open(pattern(500_000))]
    await peer.written()
    for (let count = 0; count < 10; count++) peer.feed(windowUpdateFrame(0, 10_000))
    const frames = await peer.written()
    for (const stream of streams) assert.equal(bodyOf(frames, stream.id).length, 50_000)
  })

  it('of a canceled stream is dropped, and its share goes to the others', async () => {
    const peer = new MemorySession({ settings: [initialWindow(largest)] })
    const first = peer.open(pattern(65_535 + 100))
    const second = peer.open(pattern(100))
    await peer.written()
    peer.session.cancel(first)
    peer.feed(windowUpdateFrame(0, 100))
    const frames = await peer.written()
    assert.deepEqual(
      frames.map(({ name, streamId }) => [name, streamId]),
      [
        ['RST_STREAM', first.id],
        ['DATA', second.id],
      ],
    )
  })
})

describe('SETTINGS_INITIAL_WINDOW_SIZE', () => {
  it('grows the windows of open streams, and what waited goes out', async () => {
    const peer = new MemorySession({ settings: [initialWindow(3)] })
    const stream = peer.open(Buffer.from('abcdefgh'))
    await peer.written()
    peer.feed(settingsFrame([initialWindow(5)]))
    assert.equal(bodyOf(await peer.written(), stream.id).toString(), 'de')
  })

  it('shrinks them below 0, and nothing goes out until they are above it again', async () => {
    const peer = new MemorySession({ settings: [initialWindow(100)] })
    const stream = peer.open(new Uint8Array(90), false)
    await peer.written()
    peer.feed(settingsFrame([initialWindow(20)]))
    assert.equal(stream.sendWindow, -70)
    peer.session.send(stream, Buffer.from('more'), true)
    peer.feed(windowUpdateFrame(stream.id, 70))
    assert.equal(bodyOf(await peer.written(), stream.id).length, 0)
    peer.feed(windowUpdateFrame(stream.id, 1))
    assert.equal(bodyOf(await peer.written(), stream.id).toString(), 'm')
    peer.feed(settingsFrame([initialWindow(40)]))
    const frames = await peer.written()
    assert.equal(bodyOf(frames, stream.id).toString(), 'ore')
    assert.deepEqual(endsOf(frames), [stream.id])
  })

  it('lets an empty end pass a window below 0', async () => {
    const peer = new MemorySession({ settings: [initialWindow(10)] })
    const stream = peer.open(new Uint8Array(10), false)
    peer.feed(settingsFrame([initialWindow(0)]))
    peer.session.send(stream, new Uint8Array(0), true)
    assert.deepEqual(endsOf(await peer.written()), [stream.id])
  })

  it('holds for streams that are opened after it, and not for the connection', async () => {
    const peer = new MemorySession()
    peer.feed(settingsFrame([initialWindow(largest)]))
    const stream = peer.open(new Uint8Array(100_000))
    assert.equal(bodyOf(await peer.written(), stream.id).length, 65_535)
  })

  it('that makes a stream window larger than 2^31-1 ends the connection', async () => {
    const peer = new MemorySession()
    const stream = peer.open(undefined, false)
    peer.feed(windowUpdateFrame(stream.id, largest - 65_535))
    assert.equal(stream.settled, false)
    peer.feed(settingsFrame([initialWindow(65_536)]))
    assert.equal((await stream.error()).errorCode, ErrorCode.flowControlError)
    assert.equal(peer.closedBy?.scope, 'connection')
  })
})

describe('WINDOW_UPDATE', () => {
  it('of 0 on a stream fails that stream only', async () => {
    const peer = new MemorySession()
    const [first, second] = [peer.open(), peer.open()]
    peer.feed(windowUpdateFrame(first.id, 0))
    const error = await first.error()
    assert.deepEqual([error.scope, error.errorCode], ['stream', ErrorCode.protocolError])
    assert.equal(second.settled, false)
    const reset = (await peer.written()).at(-1)
    assert.deepEqual([reset?.name, reset?.payload.readUInt32BE(0)], ['RST_STREAM', 1])
  })

  it('of 0 on the connection ends it', () => {
    const peer = new MemorySession()
    peer.feed(windowUpdateFrame(0, 0))
    assert.equal(peer.closedBy?.errorCode, ErrorCode.protocolError)
  })

  it('that makes a stream window larger than 2^31-1 fails that stream only', async () => {
    const peer = new MemorySession()
    const [first, second] = [peer.open(undefined, false), peer.open(undefined, false)]
    peer.feed(windowUpdateFrame(first.id, largest))
    const error = await first.error()
    assert.deepEqual([error.scope, error.errorCode], ['stream', ErrorCode.flowControlError])
    assert.equal(second.settled, false)
  })

  it('that makes the connection window larger than 2^31-1 ends the connection', () => {
    const peer = new MemorySession()
    peer.feed(windowUpdateFrame(0, largest - 65_535))
    assert.equal(peer.session.isOpen, true)
    peer.feed(windowUpdateFrame(0, 1))
    assert.equal(peer.closedBy?.errorCode, ErrorCode.flowControlError)
  })

  it('on a stream that is over is ignored, the reserved bit as well', () => {
    const peer = new MemorySession()
    const stream = peer.open()
    peer.session.cancel(stream)
    peer.feed(windowUpdateFrame(stream.id, 0x80000001), windowUpdateFrame(stream.id, largest))
    assert.equal(peer.session.isOpen, true)
  })
})
