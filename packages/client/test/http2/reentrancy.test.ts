// Callbacks that open, cancel and close: whoever is told of something may do anything at once.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorCode } from '../../src/http2/constants.ts'
import { Http2Error } from '../../src/http2/errors.ts'
import {
  dataFrame,
  goawayFrame,
  headersFrame,
  pingFrame,
  resetFrame,
  settingsFrame,
} from './frames.ts'
import { MemorySession } from './memory-session.ts'
import { okHeaders } from './scripted-peer.ts'
import type { TestStream } from './test-client.ts'

const closing = new Http2Error('closed by the test', {
  scope: 'connection',
  errorCode: ErrorCode.noError,
})
const answer = (id: number) => headersFrame(id, okHeaders, { end: true })

/** What each kind of end does to the streams 1, 3 and 5. */
const ends: readonly (readonly [string, (peer: MemorySession) => void])[] = [
  ['GOAWAY', (peer) => peer.feed(goawayFrame(0))],
  ['a connection error', (peer) => peer.feed(settingsFrame([[2, 1]]))],
  ['the end of the connection', (peer) => peer.session.disconnected()],
  ['close', (peer) => peer.session.close(closing)],
]

describe('a callback that is told of the end', () => {
  for (const [name, end] of ends) {
    it(`by ${name} may cancel the other streams: they are not called any more`, () => {
      const peer = new MemorySession({ settings: [[3, 3]] })
      const streams = Array.from({ length: 6 }, () => peer.open())
      const told: TestStream[] = []
      for (const stream of streams) {
        stream.during = () => {
          told.push(stream)
          for (const other of streams) if (other !== stream) peer.session.cancel(other)
        }
      }
      end(peer)
      assert.equal(told.length, 1)
      assert.deepEqual(
        streams.map((stream) => stream.late.length),
        [0, 0, 0, 0, 0, 0],
      )
      assert.equal(peer.events.at(-1), 'close')
      assert.equal(peer.session.activeStreams, 0)
      assert.equal(peer.holds, false)
    })

    it(`by ${name} may open others: they fail as unprocessed`, () => {
      const peer = new MemorySession()
      const later: TestStream[] = []
      for (const stream of [peer.open(), peer.open(), peer.open()]) {
        stream.during = () => later.push(peer.open())
      }
      end(peer)
      assert.equal(later.length, 3)
      for (const stream of later) assert.equal(stream.settled, true)
      assert.equal(peer.events.filter((event) => event === 'close').length, 1)
      assert.equal(peer.session.activeStreams, 0)
    })

    it(`by ${name} may close the session: every stream is told once`, () => {
      const peer = new MemorySession({ settings: [[3, 2]] })
      const streams = Array.from({ length: 4 }, () => peer.open())
      for (const stream of streams) stream.during = () => peer.session.close(closing)
      end(peer)
      assert.deepEqual(
        streams.map(({ settled, late }) => [settled, late.length]),
        [
          [true, 0],
          [true, 0],
          [true, 0],
          [true, 0],
        ],
      )
      assert.deepEqual(peer.events, ['ready', 'draining', 'close'])
    })
  }
})

describe('a callback of a response', () => {
  it('may open the next call, also one that takes the place of its own', async () => {
    const peer = new MemorySession({ settings: [[3, 1]] })
    const first = peer.open()
    let second: TestStream | undefined
    first.during = () => {
      second = peer.open()
    }
    peer.feed(answer(1))
    assert.equal(second?.id, 3)
    peer.feed(answer(3))
    await second?.ended()
  })

  it('may cancel its own stream and others, in the middle of a chunk', async () => {
    const peer = new MemorySession()
    const [first, second, third] = [peer.open(), peer.open(), peer.open()]
    first.during = (callback) => {
      if (callback !== 'data') return
      peer.session.cancel(first)
      peer.session.cancel(second)
    }
    peer.feed(
      headersFrame(1, okHeaders),
      dataFrame(1, 'a', { padding: 5 }),
      dataFrame(1, 'b', { end: true }),
      answer(3),
      answer(5),
    )
    await third.ended()
    assert.deepEqual([first.body, first.settled, second.settled], ['a', false, false])
    assert.deepEqual([...first.late, ...second.late], [])
  })

  it('may cancel in its last callback', async () => {
    const peer = new MemorySession()
    const stream = peer.open()
    stream.during = () => peer.session.cancel(stream)
    peer.feed(answer(1))
    await stream.ended()
    assert(!(await peer.written()).some((frame) => frame.name === 'RST_STREAM'))
  })

  it('may close the session: the rest of the chunk is for nobody', async () => {
    const peer = new MemorySession()
    const [first, second, third] = [peer.open(), peer.open(), peer.open()]
    first.during = (callback) => {
      if (callback === 'headers') peer.session.close(closing)
    }
    await peer.written()
    peer.feed(
      headersFrame(1, okHeaders),
      dataFrame(1, 'x'),
      answer(3),
      resetFrame(5, 7),
      pingFrame('ignored!'),
      settingsFrame([[3, 100]]),
      goawayFrame(0),
      Buffer.from('no frame at all, but longer than the header of one'),
    )
    for (const stream of [first, second, third]) {
      assert.equal((await stream.error()).message, closing.message)
      assert.deepEqual(stream.late, [])
    }
    const frames = await peer.written()
    assert.deepEqual(
      frames.map((frame) => frame.name),
      ['GOAWAY'],
    )
    assert.deepEqual(peer.events, ['ready', 'draining', 'close'])
    assert.equal(peer.ends, 1)
  })

  it('that throws ends the connection, and no other stream is forgotten', async () => {
    const peer = new MemorySession()
    const [first, second] = [peer.open(), peer.open()]
    first.during = (callback) => {
      if (callback === 'headers') throw new Error('a bug of the caller')
    }
    peer.feed(headersFrame(1, okHeaders))
    assert.equal((await first.error()).errorCode, ErrorCode.internalError)
    assert.equal((await second.error()).errorCode, ErrorCode.internalError)
  })
})
