// SETTINGS_MAX_CONCURRENT_STREAMS: streams over it wait for their turn, in order, and can leave the queue.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { SettingId } from '../../src/http2/constants.ts'
import { StreamQueue } from '../../src/http2/stream-queue.ts'
import { goawayFrame, headersFrame, resetFrame, settingsFrame } from './frames.ts'
import { MemorySession } from './memory-session.ts'
import { okHeaders, ScriptedPeer } from './scripted-peer.ts'
import { LastingStream, TestClient, type TestStream } from './test-client.ts'

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

function openLasting(peer: MemorySession): LastingStream {
  const stream = new LastingStream()
  peer.open(undefined, false, stream)
  return stream
}

describe('streams that last', () => {
  it('leave one of those that the server allows to others, whatever is open when they come', () => {
    const peer = new MemorySession({ settings: [limit(3)] })
    const brief = [peer.open(), peer.open()]
    const lasting = [openLasting(peer), openLasting(peer), openLasting(peer)]
    assert.deepEqual(idsOf(lasting), [5, 0, 0])
    peer.feed(answer(1))
    assert.deepEqual(idsOf(lasting), [5, 7, 0])
    peer.feed(answer(3))
    const more = [peer.open(), peer.open()]
    assert.deepEqual(idsOf([...brief, ...lasting, ...more]), [1, 3, 5, 7, 0, 9, 0])
    peer.feed(answer(9))
    assert.equal(more[1]?.id, 11)
    peer.feed(settingsFrame([limit(4)]))
    assert.equal(lasting[2]?.id, 13)
  })

  it('find no room where the server allows one stream only, and tell so', () => {
    const queue = new StreamQueue()
    const crowded: boolean[] = []
    queue.onCrowded = (isLasting) => crowded.push(isLasting)
    const peer = new MemorySession({ settings: [limit(1)], queue })
    const lasting = openLasting(peer)
    const calls = [peer.open(), peer.open()]
    assert.deepEqual(idsOf([lasting, ...calls]), [0, 1, 0])
    assert.deepEqual(crowded, [true, false])
    peer.session.cancel(lasting)
    peer.feed(answer(1), answer(3))
    assert.deepEqual([peer.holds, queue.size], [false, 0])
  })
})

describe('sessions that share a queue', () => {
  const twoOf = (streams: number): { first: MemorySession; further: MemorySession } => {
    const queue = new StreamQueue()
    const first = new MemorySession({ settings: [limit(streams)], queue })
    return {
      first,
      further: new MemorySession({ settings: [limit(streams)], queue, isFurther: true }),
    }
  }

  it('take what the first has no room for, at once or when there is room, with all that was sent meanwhile', async () => {
    const { first, further } = twoOf(1)
    const lasting = [openLasting(first), openLasting(first)]
    assert.deepEqual([idsOf(lasting), lasting[0]?.takenBy], [[1, 0], further.session])
    assert.deepEqual([first.holds, further.holds], [true, true])
    const waiting = lasting[1]
    assert(waiting !== undefined)
    first.session.send(waiting, Buffer.from('later'), false)
    await further.written()
    further.feed(resetFrame(1, 8))
    const frames = await further.written()
    assert.deepEqual(
      frames.map(({ name, streamId, payload }) => [
        name,
        streamId,
        name === 'DATA' && `${payload}`,
      ]),
      [
        ['HEADERS', 3, false],
        ['DATA', 3, 'later'],
      ],
    )
    // Nothing waits, and nothing is open on it.
    assert.equal(first.holds, false)
    further.session.cancel(waiting)
    assert.equal(further.holds, false)
  })

  it('leave what waits to the first when they end, and to nobody when it ends', async () => {
    const { first, further } = twoOf(1)
    const lasting = [openLasting(first), openLasting(first)]
    const calls = [first.open(), first.open()]
    further.session.disconnected()
    assert.deepEqual([lasting[0]?.settled, lasting[1]?.settled], [true, false])
    assert.deepEqual(idsOf(calls), [1, 0])
    first.feed(goawayFrame(1))
    for (const stream of [lasting[1], calls[1]]) {
      assert.equal((await stream?.error())?.unprocessed, true)
    }
    first.feed(answer(1))
    assert.deepEqual([first.ends, first.holds, calls[0]?.settled], [1, false, true])
  })

  it('do not end what waits for a new first when the one before it closes at last', () => {
    const queue = new StreamQueue()
    const old = new MemorySession({ settings: [limit(1)], queue })
    old.open()
    old.feed(goawayFrame(1))
    const next = new MemorySession({ settings: [limit(1)], queue })
    const calls = [next.open(), next.open()]
    old.session.disconnected()
    next.feed(answer(1))
    assert.deepEqual(idsOf(calls), [1, 3])
  })
})
