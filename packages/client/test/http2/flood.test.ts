// Frames that carry nothing: many are a server's good right, endless ones and unread answers are not.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ErrorCode } from '../../src/http2/constants.ts'
import { FakeClock } from './fake-clock.ts'
import {
  dataFrame,
  headersFrame,
  pingFrame,
  rawFrame,
  settingsFrame,
  windowUpdateFrame,
} from './frames.ts'
import { MemorySession } from './memory-session.ts'
import { okHeaders } from './scripted-peer.ts'

// What grpc-go sends for each request it reads while it measures the bandwidth.
const probe = Buffer.concat([windowUpdateFrame(0, 100), pingFrame('bdp-ping')])

describe('a session that gets many control frames', () => {
  it('bears a PING and a WINDOW_UPDATE a request, for 50,000 requests in a row', async () => {
    const peer = new MemorySession()
    for (let count = 0; count < 50_000; count++) {
      peer.feed(probe)
      if (count % 100 === 0) await peer.written()
    }
    assert.equal(peer.session.isOpen, true)
  })

  it('bears any number of them over time', () => {
    using clock = new FakeClock()
    const peer = new MemorySession()
    const chunk = Buffer.concat(new Array<Buffer>(1000).fill(windowUpdateFrame(1, 1)))
    peer.session.cancel(peer.open())
    for (let count = 0; count < 3000; count++) {
      peer.feed(chunk)
      clock.advance(11)
    }
    assert.equal(peer.session.isOpen, true)
  })

  it('bears a PING while more than 4 MiB of requests wait for the socket', async () => {
    const peer = new MemorySession({ settings: [[4, 0x7fffffff]] })
    peer.feed(windowUpdateFrame(0, 0x70000000))
    await peer.written()
    peer.accepts = false
    const streams = Array.from({ length: 8 }, () => peer.open(new Uint8Array(1024 * 1024)))
    await peer.written()
    const later = Array.from({ length: 8 }, () => peer.open(new Uint8Array(1024 * 1024)))
    peer.feed(pingFrame('bdp-ping'))
    assert.equal(peer.session.isOpen, true)
    assert(![...streams, ...later].some((stream) => stream.settled))
  })

  for (const [name, frame] of [
    ['PING', pingFrame('endless!')],
    ['SETTINGS', settingsFrame()],
    ['WINDOW_UPDATE', windowUpdateFrame(1, 1)],
    ['PRIORITY', rawFrame({ type: 2, streamId: 1, payload: new Uint8Array(5) })],
    ['frames of an unknown type', rawFrame({ type: 0xfa })],
    ['empty DATA', dataFrame(1, '')],
    ['informational responses', headersFrame(1, [[':status', '103']])],
  ] as const) {
    it(`ends the connection under a flood of ${name}`, async () => {
      const peer = new MemorySession()
      const stream = peer.open()
      const start = name === 'empty DATA' ? headersFrame(1, okHeaders) : Buffer.alloc(0)
      peer.feed(start)
      const chunk = Buffer.concat(new Array<Buffer>(1000).fill(frame))
      for (let count = 0; count < 2000 && peer.session.isOpen; count++) {
        peer.feed(chunk)
        await peer.written()
      }
      assert.equal(peer.closedBy?.errorCode, ErrorCode.enhanceYourCalm)
      assert.equal((await stream.error()).errorCode, ErrorCode.enhanceYourCalm)
    })
  }

  for (const [name, frame] of [
    ['PING', pingFrame('unread!!')],
    ['SETTINGS', settingsFrame()],
  ] as const) {
    it(`ends the connection when its answers to ${name} are not read`, async () => {
      const peer = new MemorySession()
      await peer.written()
      peer.accepts = false
      peer.open()
      await peer.written()
      for (let count = 0; count < 20_000 && peer.session.isOpen; count++) peer.feed(frame)
      assert.equal(peer.closedBy?.errorCode, ErrorCode.enhanceYourCalm)
    })
  }
})
