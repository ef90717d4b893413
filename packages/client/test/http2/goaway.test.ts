// GOAWAY: calls above the last id were not processed, those below it finish, and the connection ends after them.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { ErrorCode } from '../../src/http2/constants.ts'
import { goawayFrame, headersFrame } from './frames.ts'
import { MemorySession } from './memory-session.ts'
import { okHeaders, ScriptedPeer } from './scripted-peer.ts'
import { TestClient, TestStream } from './test-client.ts'

const largest = 2_147_483_647
const answer = (id: number) => headersFrame(id, okHeaders, { end: true })

describe('GOAWAY', () => {
  failOnLeaks()

  it('fails the calls above its last id as unprocessed, and lets those below it finish', async () => {
    await using peer = await ScriptedPeer.listen()
    await using client = await TestClient.connect(peer)
    const [first, second, third] = [
      await client.openSeen(),
      await client.openSeen(),
      await client.openSeen(),
    ]
    client.peer.send(goawayFrame(3, ErrorCode.noError, 'maintenance'))
    const error = await third.error()
    assert.equal(error.unprocessed, true)
    assert.equal(error.byPeer, true)
    assert.equal(error.message, 'the server sent GOAWAY (NO_ERROR: maintenance)')
    await client.drained
    assert.deepEqual([first.settled, second.settled, client.session.isOpen], [false, false, false])
    client.peer.respond(1)
    client.peer.respond(3)
    await Promise.all([first.ended(), second.ended()])
    await client.closed
    assert.equal(await client.peer.goawayCode(), ErrorCode.noError)
    assert.deepEqual(client.events, ['draining', 'close'])
  })

  it('without open calls ends the connection at once', async () => {
    await using peer = await ScriptedPeer.listen()
    await using client = await TestClient.connect(peer)
    client.peer.send(goawayFrame(0))
    await client.closed
    await client.peer.ended()
  })

  it('refuses calls that come after it as unprocessed', async () => {
    const peer = new MemorySession()
    peer.open()
    peer.feed(goawayFrame(1))
    const late = peer.open()
    assert.equal((await late.error()).unprocessed, true)
    assert.equal(late.id, 0)
  })

  it('in two steps, as servers shut down: first all ids, then the last', async () => {
    const peer = new MemorySession()
    const [first, second] = [peer.open(), peer.open()]
    peer.feed(goawayFrame(largest))
    assert.deepEqual([first.settled, second.settled], [false, false])
    peer.feed(goawayFrame(1, ErrorCode.noError, 'bye'))
    assert.match((await second.error()).message, /bye/)
    assert.equal(first.settled, false)
    peer.feed(answer(1))
    await first.ended()
    assert.deepEqual(peer.events, ['ready', 'draining', 'close'])
  })

  it('of which the second names an error gives it to the calls that are left when the connection ends', async () => {
    const peer = new MemorySession()
    const stream = peer.open()
    peer.feed(goawayFrame(largest), goawayFrame(1, ErrorCode.enhanceYourCalm, 'too_many_pings'))
    peer.session.disconnected()
    const error = await stream.error()
    assert.match(error.message, /too_many_pings/)
    assert.deepEqual([error.unprocessed, error.errorCode], [false, ErrorCode.enhanceYourCalm])
  })

  it('with a higher id than the one before brings nothing back', async () => {
    const peer = new MemorySession()
    const [first, second] = [peer.open(), peer.open()]
    peer.feed(goawayFrame(1), goawayFrame(3))
    assert.equal((await second.error()).unprocessed, true)
    peer.feed(answer(3), answer(1))
    await first.ended()
    assert.deepEqual(second.late, [])
  })

  it('calls whose connection ends after it may have been processed', async () => {
    const peer = new MemorySession()
    const stream = peer.open()
    peer.feed(goawayFrame(1))
    peer.session.disconnected(new Error('read ECONNRESET'))
    const error = await stream.error()
    assert.deepEqual([error.unprocessed, error.scope], [false, 'connection'])
  })

  it('tells the last call of its end before the owner of the connection', () => {
    for (const last of ['answered', 'refused'] as const) {
      const peer = new MemorySession()
      const stream = peer.open()
      stream.during = () => assert(!peer.events.includes('close'))
      peer.feed(goawayFrame(last === 'answered' ? 1 : 0))
      if (last === 'answered') peer.feed(answer(1))
      assert.equal(stream.settled, true)
      assert.deepEqual(peer.events, ['ready', 'draining', 'close'])
      assert.equal(peer.closedBy?.scope, 'connection')
    }
  })

  it('right behind the first SETTINGS leaves nothing open', () => {
    const peer = new MemorySession({ settings: false })
    peer.feed(Buffer.of(0, 0, 0, 4, 0, 0, 0, 0, 0), goawayFrame(0))
    assert.deepEqual(peer.events, ['ready', 'draining', 'close'])
    assert.equal(peer.session.isOpen, false)
  })
})

describe('Http2Session.retire', () => {
  it('lets open calls finish, fails waiting ones as unprocessed, and ends', async () => {
    const peer = new MemorySession({ settings: [[3, 1]] })
    const [open, waiting] = [peer.open(), peer.open()]
    peer.session.retire()
    assert.equal((await waiting.error()).unprocessed, true)
    assert.equal(open.settled, false)
    peer.feed(answer(1))
    await open.ended()
    assert.deepEqual([peer.events.at(-1), peer.ends], ['close', 1])
    peer.session.retire()
    assert.equal(peer.ends, 1)
  })
})

describe('stream ids', () => {
  it('are used up to 2^31-1, after which the connection drains', async () => {
    const peer = new MemorySession({ firstStreamId: largest - 2 })
    const [first, last] = [peer.open(), peer.open()]
    assert.deepEqual([first.id, last.id], [largest - 2, largest])
    assert.equal(peer.session.isOpen, false)
    const late = peer.open()
    assert.equal((await late.error()).unprocessed, true)
    const headers = (await peer.written()).filter((frame) => frame.name === 'HEADERS')
    assert.deepEqual(
      headers.map((frame) => frame.streamId),
      [largest - 2, largest],
    )
    peer.feed(answer(largest), answer(largest - 2))
    await Promise.all([first.ended(), last.ended()])
    assert.deepEqual(peer.events, ['ready', 'draining', 'close'])
  })

  it('that run out while calls wait leave the rest unprocessed', async () => {
    const peer = new MemorySession({ firstStreamId: largest, settings: [[3, 0]] })
    const streams = [peer.open(), peer.open(), peer.open()]
    peer.feed(Buffer.concat([Buffer.of(0, 0, 6, 4, 0, 0, 0, 0, 0), Buffer.of(0, 3, 0, 0, 0, 9)]))
    const [first, ...rest] = streams
    assert.equal(first?.id, largest)
    for (const stream of rest) assert.equal((await stream.error()).unprocessed, true)
    assert.equal(first?.settled, false)
  })

  it('of a call that is sent again are new ones, and frames of the old do not reach it', async () => {
    const peer = new MemorySession()
    const stream = new TestStream()
    peer.session.open(stream, Uint8Array.of(0x83), undefined, true)
    peer.feed(headersFrame(1, okHeaders))
    const frame = Buffer.from([0, 0, 4, 0, 1, 0, 0, 0, 1, 97, 98, 99, 100])
    stream.during = (callback) => {
      if (callback !== 'data') return
      stream.during = () => {}
      peer.session.cancel(stream)
      peer.session.open(stream, Uint8Array.of(0x83), undefined, true)
    }
    peer.feed(frame.subarray(0, 11))
    peer.feed(frame.subarray(11))
    assert.deepEqual([stream.id, stream.body, stream.settled], [3, 'ab', false])
  })
})
