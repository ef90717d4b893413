// SETTINGS_MAX_CONCURRENT_STREAMS: streams over it wait for their turn, in order, and can leave the queue.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { SettingId } from '../../src/http2/constants.ts'
import { goawayFrame, headersFrame, resetFrame, settingsFrame } from './frames.ts'
import { MemorySession } from './memory-session.ts'
import { okHeaders, ScriptedPeer } from './scripted-peer.ts'
import { TestClient, type TestStream } from './test-client.ts'

const limit = (streams: number) => [SettingId.maxConcurrentStreams, streams] as const
const answer = (id: number) => headersFrame(id, okHeaders, { end: true })

function idsOf(streams: readonly TestStream[]): number[] {
  return streams.map((stream) => stream.id)
}

describe('a limit of concurrent streams', () => {
  failOnLeaks()

  it('of 1 lets 1,000 waiting calls through one after the other', async () => {
    await using peer = await ScriptedPeer.listen()
    await using client = await TestClient.connect(peer, { settings: [limit(1)] })
    const streams = Array.from({ length: 1000 }, (_, index) => client.open(Buffer.from(`${index}`)))
    assert.equal(client.session.activeStreams, 1000)
    for (let index = 0; index < 1000; index++) {
      const headers = await client.peer.expect('HEADERS', index * 2 + 1)
      const data = await client.peer.expect('DATA', headers.streamId)
      assert.equal(data.payload.toString(), `${index}`)
      client.peer.respond(headers.streamId, `answer ${index}`)
    }
    await Promise.all(streams.map((stream) => stream.ended()))
    assert.deepEqual(
      streams.map((stream) => stream.body),
      streams.map((_, index) => `answer ${index}`),
    )
    assert.equal(client.session.activeStreams, 0)
  })

  it('of 0 holds all until it is raised', async () => {
    const peer = new MemorySession({ settings: [limit(0)] })
    const streams = [peer.open(), peer.open(), peer.open()]
    assert.deepEqual(idsOf(streams), [0, 0, 0])
    peer.feed(settingsFrame([limit(2)]))
    assert.deepEqual(idsOf(streams), [1, 3, 0])
    peer.feed(settingsFrame([limit(100)]))
    assert.deepEqual(idsOf(streams), [1, 3, 5])
  })

  it('lowered below the open streams ends none of them, and admits none until they are fewer', () => {
    const peer = new MemorySession()
    const open = [peer.open(), peer.open(), peer.open()]
    peer.feed(settingsFrame([limit(1)]))
    const late = peer.open()
    peer.feed(answer(1), answer(3))
    assert.deepEqual([late.id, open[2]?.settled], [0, false])
    peer.feed(answer(5))
    assert.equal(late.id, 7)
  })

  it('gives a place back however a stream ends: answer, RST_STREAM, cancel', () => {
    const peer = new MemorySession({ settings: [limit(1)] })
    const streams = Array.from({ length: 4 }, () => peer.open())
    peer.feed(answer(1))
    peer.feed(resetFrame(3, 2))
    const [, , third] = streams
    assert(third !== undefined)
    peer.session.cancel(third)
    assert.deepEqual(idsOf(streams), [1, 3, 5, 7])
  })

  it('keeps what is sent on a waiting stream in order, its end included', async () => {
    const peer = new MemorySession({ settings: [limit(1)] })
    peer.open()
    const bodies = [
      peer.open(undefined, false),
      peer.open(Buffer.from('x'), false),
      peer.open(undefined, false),
    ]
    for (const stream of bodies) {
      for (let count = 0; count < 3; count++) {
        const bytes = Buffer.from(`${count}`)
        peer.session.send(stream, bytes, false)
        bytes.fill('!')
      }
    }
    for (const stream of bodies.slice(1)) peer.session.send(stream, new Uint8Array(0), true)
    await peer.written()
    peer.feed(settingsFrame([limit(10)]))
    const data = (await peer.written()).filter((frame) => frame.name === 'DATA')
    assert.deepEqual(
      data.map(({ streamId, flags, payload }) => [streamId, flags, `${payload}`]),
      [
        [3, 0, '012'],
        [5, 1, 'x012'],
        [7, 1, '012'],
      ],
    )
  })

  it('lets a waiting stream be canceled: it never reaches the server', async () => {
    const peer = new MemorySession({ settings: [limit(1)] })
    const [, second, third] = [peer.open(), peer.open(), peer.open()]
    await peer.written()
    peer.session.cancel(second)
    peer.feed(answer(1))
    const frames = await peer.written()
    assert.deepEqual(
      frames.map(({ name, streamId }) => [name, streamId]),
      [['HEADERS', 3]],
    )
    assert.deepEqual([second.id, third.id, second.settled], [0, 3, false])
  })

  it('keeps the process alive while streams wait, and not after the last has gone', () => {
    const peer = new MemorySession({ settings: [limit(0)] })
    assert.equal(peer.holds, false)
    const stream = peer.open()
    assert.equal(peer.holds, true)
    peer.session.cancel(stream)
    assert.equal(peer.holds, false)
  })

  it('leaves waiting calls unprocessed when the connection ends or drains', async () => {
    for (const end of [
      (peer: MemorySession) => peer.session.disconnected(),
      (peer: MemorySession) => peer.feed(goawayFrame(1)),
      (peer: MemorySession) => peer.session.retire(),
    ]) {
      const peer = new MemorySession({ settings: [limit(1)] })
      peer.open()
      const waiting = [peer.open(), peer.open()]
      end(peer)
      for (const stream of waiting) assert.equal((await stream.error()).unprocessed, true)
    }
  })
})
