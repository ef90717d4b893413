// The server's SETTINGS: acknowledged, obeyed from then on, and refused when they cannot be.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { connect } from '../../src/http2/connect.ts'
import { ErrorCode, SettingId } from '../../src/http2/constants.ts'
import { encodeHeaders } from '../../src/http2/hpack/encoder.ts'
import { headersFrame, rawFrame, settingsAckFrame, settingsFrame } from './frames.ts'
import { MemorySession } from './memory-session.ts'
import { okHeaders, ScriptedPeer } from './scripted-peer.ts'
import { requestBlock } from './test-client.ts'

describe('our SETTINGS', () => {
  failOnLeaks()

  it('say: no table, no push, our window and our header list limit', async () => {
    await using peer = await ScriptedPeer.listen()
    const attempt = connect({
      target: peer.target,
      timeoutMs: 2000,
      session: { streamWindowBytes: 70_000, maxHeaderListBytes: 9000 },
    })
    const failed = assert.rejects(attempt.session)
    const connection = await peer.acceptRaw()
    const { payload } = await connection.expect('SETTINGS', 0)
    const settings = Array.from({ length: payload.length / 6 }, (_, index) => [
      payload.readUInt16BE(index * 6),
      payload.readUInt32BE(index * 6 + 2),
    ])
    assert.deepEqual(settings, [
      [SettingId.headerTableSize, 0],
      [SettingId.enablePush, 0],
      [SettingId.initialWindowSize, 70_000],
      [SettingId.maxHeaderListSize, 9000],
    ])
    const window = await connection.expect('WINDOW_UPDATE', 0)
    assert.equal(window.payload.readUInt32BE(0), 16 * 1024 * 1024 - 65_535)
    await attempt.destroy()
    await failed
  })

  it('bind the server from its acknowledgement on: before it, its dynamic table works', () => {
    const peer = new MemorySession()
    const [first, second] = [peer.open(), peer.open()]
    const indexed = Buffer.concat([encodeHeaders(okHeaders), Buffer.of(0x40, 1, 0x61, 1, 0x62)])
    peer.feed(headersFrame(1, indexed, { end: true }))
    peer.feed(
      headersFrame(3, Buffer.concat([encodeHeaders(okHeaders), Buffer.of(0xbe)]), { end: true }),
    )
    assert.deepEqual(first.sections, second.sections)
    assert.equal(second.sections[0]?.length, 2)
  })

  it('acknowledged, ask the next block to say that the table is empty', () => {
    const good = new MemorySession()
    const stream = good.open()
    good.feed(settingsAckFrame(), headersFrame(1, encodeHeaders(okHeaders, { clearTable: true })))
    assert.deepEqual(stream.sections, [okHeaders])
    const bad = new MemorySession()
    bad.open()
    bad.feed(settingsAckFrame(), headersFrame(1, okHeaders))
    assert.equal(bad.closedBy?.errorCode, ErrorCode.compressionError)
  })

  it('bear acknowledgements too many', () => {
    const peer = new MemorySession()
    peer.feed(settingsAckFrame(), settingsAckFrame(), settingsAckFrame())
    assert.equal(peer.session.isOpen, true)
  })
})

describe("the server's SETTINGS", () => {
  it('are acknowledged, each time', async () => {
    const peer = new MemorySession()
    peer.feed(settingsFrame([[SettingId.maxFrameSize, 20_000]]), settingsFrame())
    const acks = (await peer.written()).filter((frame) => frame.name === 'SETTINGS').slice(1)
    assert.deepEqual(
      acks.map(({ flags, payload }) => [flags, payload.length]),
      [
        [1, 0],
        [1, 0],
        [1, 0],
      ],
    )
  })

  it('may name settings that we have no use for or do not know', () => {
    const peer = new MemorySession()
    peer.feed(
      settingsFrame([
        [0, 1],
        [SettingId.maxHeaderListSize, 100],
        [7, 0xffffffff],
        [0xffff, 5],
      ]),
    )
    assert.equal(peer.session.isOpen, true)
  })

  for (const [name, settings] of [
    ['smaller', [[SettingId.headerTableSize, 100]]],
    ['0', [[SettingId.headerTableSize, 0]]],
    [
      '0 and then as large as before',
      [
        [SettingId.headerTableSize, 0],
        [SettingId.headerTableSize, 4096],
      ],
    ],
  ] as const) {
    it(`that make the table ${name} are answered by one size update, before the next block`, async () => {
      const peer = new MemorySession()
      peer.feed(settingsFrame(settings))
      peer.open()
      peer.open()
      const blocks = (await peer.written()).filter((frame) => frame.name === 'HEADERS')
      assert.deepEqual(
        blocks.map((frame) => frame.payload),
        [Buffer.concat([Buffer.of(0x20), requestBlock]), Buffer.from(requestBlock)],
      )
    })
  }

  it('that make the table larger need no answer', async () => {
    const peer = new MemorySession({ settings: [[SettingId.headerTableSize, 65_536]] })
    peer.open()
    const headers = (await peer.written()).find((frame) => frame.name === 'HEADERS')
    assert.deepEqual(headers?.payload, Buffer.from(requestBlock))
  })

  it('allow larger frames, and smaller ones again', async () => {
    const peer = new MemorySession({ settings: [[SettingId.maxFrameSize, 40_000]] })
    peer.open(new Uint8Array(30_000))
    peer.feed(settingsFrame([[SettingId.maxFrameSize, 16_384]]))
    peer.open(new Uint8Array(30_000))
    const data = (await peer.written()).filter((frame) => frame.name === 'DATA')
    assert.deepEqual(
      data.map((frame) => frame.payload.length),
      [30_000, 16_384, 13_616],
    )
  })

  for (const [name, frame, code] of [
    ['push switched on', settingsFrame([[SettingId.enablePush, 1]]), ErrorCode.protocolError],
    [
      'a window of 2^31',
      settingsFrame([[SettingId.initialWindowSize, 2 ** 31]]),
      ErrorCode.flowControlError,
    ],
    [
      'frames below 16,384',
      settingsFrame([[SettingId.maxFrameSize, 16_383]]),
      ErrorCode.protocolError,
    ],
    ['frames of 2^24', settingsFrame([[SettingId.maxFrameSize, 2 ** 24]]), ErrorCode.protocolError],
    [
      'a length that is no multiple of 6',
      rawFrame({ type: 4, payload: new Uint8Array(5) }),
      ErrorCode.frameSizeError,
    ],
    [
      'an acknowledgement that says something',
      rawFrame({ type: 4, flags: 1, payload: new Uint8Array(6) }),
      ErrorCode.frameSizeError,
    ],
    ['a stream', rawFrame({ type: 4, streamId: 1 }), ErrorCode.protocolError],
  ] as const) {
    it(`with ${name} end the connection`, async () => {
      const peer = new MemorySession()
      const stream = peer.open()
      peer.feed(frame)
      assert.equal((await stream.error()).errorCode, code)
      const goaway = (await peer.written()).at(-1)
      assert.deepEqual([goaway?.name, goaway?.payload.readUInt32BE(4)], ['GOAWAY', code])
      assert.equal(peer.ends, 1)
    })
  }

  for (const [name, frame] of [
    ['a PING', rawFrame({ type: 6, payload: new Uint8Array(8) })],
    ['an acknowledgement', settingsAckFrame()],
    ['a GOAWAY', rawFrame({ type: 7, payload: new Uint8Array(8) })],
    ['HEADERS', headersFrame(1, okHeaders)],
    ['DATA', rawFrame({ type: 0, streamId: 1 })],
    ['a frame of an unknown type', rawFrame({ type: 200 })],
  ] as const) {
    it(`must come first: ${name} before them ends the connection`, () => {
      const peer = new MemorySession({ settings: false })
      peer.feed(frame)
      assert.equal(peer.closedBy?.errorCode, ErrorCode.protocolError)
      assert.deepEqual(peer.events, ['draining', 'close'])
    })
  }
})
