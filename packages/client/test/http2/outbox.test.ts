// Frames on their way out: collected, grown, written in one go, held back when the socket wants a pause.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FrameType } from '../../src/http2/constants.ts'
import { type ByteSink, Outbox } from '../../src/http2/outbox.ts'
import { type Frame, parseFrames } from './frames.ts'

/** Keeps what is written; a buffer is given back when the test says so. */
class Sink implements ByteSink {
  readonly writes: Buffer[] = []
  readonly unfinished: (() => void)[] = []
  accepts = true

  write(bytes: Buffer, done: () => void): boolean {
    this.writes.push(bytes)
    this.unfinished.push(done)
    return this.accepts
  }

  get frames(): Frame[] {
    return parseFrames(Buffer.concat(this.writes)).frames
  }

  finish(): void {
    for (const done of this.unfinished.splice(0)) done()
  }
}

const none = new Uint8Array(0)
const block = Uint8Array.of(1, 2, 3)

/** Leaves this many bytes of the first buffer free. */
function fill(outbox: Outbox, free: number): void {
  outbox.data(1, new Uint8Array(64 * 1024 - 9 - free), 0, 64 * 1024 - 9 - free, false)
}

describe('Outbox', () => {
  const frames: readonly (readonly [string, (outbox: Outbox) => void, string])[] = [
    ['frame', (outbox) => outbox.frame(FrameType.ping, 1, 0, Buffer.from('etcdkit!')), 'etcdkit!'],
    ['word', (outbox) => outbox.word(FrameType.windowUpdate, 1, 0x61626364), 'abcd'],
    ['data', (outbox) => outbox.data(1, Buffer.from('some data'), 5, 9, true), 'data'],
    ['headers', (outbox) => outbox.headers(1, Buffer.from('block'), false, none, 16_384), 'block'],
  ]
  for (const [name, add, payload] of frames) {
    it(`${name} is whole when it is what makes the buffer grow`, () => {
      for (const free of [0, 4, 9, 12]) {
        const sink = new Sink()
        const outbox = new Outbox(sink)
        fill(outbox, free)
        add(outbox)
        outbox.flush()
        assert.equal(sink.frames[1]?.payload.toString(), payload)
      }
    })
  }

  it('writes the frames of one tick at once, those of promise continuations with them', async () => {
    const sink = new Sink()
    const outbox = new Outbox(sink)
    await Promise.resolve()
    outbox.word(FrameType.rstStream, 1, 8)
    await Promise.resolve()
    outbox.word(FrameType.rstStream, 3, 8)
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(sink.writes.length, 1)
    assert.equal(sink.frames.length, 2)
  })

  it('writes what is full before the tick is over, and moves nothing', () => {
    const sink = new Sink()
    const outbox = new Outbox(sink)
    const payload = new Uint8Array(16_384)
    for (let id = 1; id < 40; id += 2) outbox.data(id, payload.fill(id), 0, payload.length, true)
    assert.deepEqual([sink.writes.length, outbox.backlog], [6, 0])
    assert.ok(sink.writes.every((bytes) => bytes.buffer.byteLength === 64 * 1024))
    outbox.flush()
    assert.deepEqual(
      sink.frames.map(({ streamId, payload }) => [
        streamId,
        payload.every((byte) => byte === streamId),
      ]),
      Array.from({ length: 20 }, (_, n) => [2 * n + 1, true]),
    )
  })

  it('collects what is full while the socket wants a pause', () => {
    const sink = new Sink()
    const outbox = new Outbox(sink)
    sink.accepts = false
    const payload = new Uint8Array(16_384)
    for (let id = 1; id < 40; id += 2) outbox.data(id, payload.fill(id), 0, payload.length, true)
    assert.equal(sink.writes.length, 1)
    assert.equal(outbox.backlog, 17 * (16_384 + 9))
    sink.accepts = true
    outbox.resume()
    assert.equal(sink.frames.length, 20)
    assert.ok(
      sink.frames.every(({ streamId, payload }) => payload.every((byte) => byte === streamId)),
    )
  })

  it('keeps what is being written as it is until the socket is done with it', () => {
    const sink = new Sink()
    const outbox = new Outbox(sink)
    for (let round = 0; round < 6; round++) {
      outbox.word(FrameType.rstStream, round * 2 + 1, round)
      outbox.flush()
      if (round === 3) {
        assert.deepEqual(
          sink.frames.map((frame) => frame.streamId),
          [1, 3, 5, 7],
        )
        sink.finish()
      }
    }
    assert.deepEqual(
      sink.frames.slice(4).map((frame) => frame.streamId),
      [9, 11],
    )
  })

  it('holds back while the socket wants a pause, and counts what waits', () => {
    const sink = new Sink()
    const outbox = new Outbox(sink)
    sink.accepts = false
    outbox.word(FrameType.rstStream, 1, 8)
    assert.equal(outbox.backlog, 0)
    outbox.flush()
    outbox.word(FrameType.rstStream, 3, 8)
    outbox.flush()
    assert.equal(sink.writes.length, 1)
    assert.equal(outbox.backlog, 13)
    sink.accepts = true
    outbox.resume()
    assert.equal(sink.frames.length, 2)
    assert.equal(outbox.backlog, 0)
  })

  it('gives each pause of the socket another number', () => {
    const sink = new Sink()
    const outbox = new Outbox(sink)
    sink.accepts = false
    assert.equal(outbox.blockage, 0)
    outbox.word(FrameType.rstStream, 1, 8)
    outbox.flush()
    const first = outbox.blockage
    assert.notEqual(first, 0)
    outbox.word(FrameType.rstStream, 3, 8)
    assert.equal(outbox.blockage, first)
    outbox.resume()
    assert.notEqual(outbox.blockage, first)
  })

  it('cuts a block over the frame limit into HEADERS and CONTINUATION, the prefix first', () => {
    const sink = new Sink()
    const outbox = new Outbox(sink)
    outbox.headers(5, Buffer.from('abcdefgh'), true, Buffer.from('>'), 4)
    outbox.flush()
    assert.deepEqual(
      sink.frames.map(({ name, flags, streamId, payload }) => [
        name,
        flags,
        streamId,
        `${payload}`,
      ]),
      [
        ['HEADERS', 1, 5, '>abc'],
        ['CONTINUATION', 0, 5, 'defg'],
        ['CONTINUATION', 4, 5, 'h'],
      ],
    )
  })

  it('cuts a block of exactly the frame limit into one frame', () => {
    const sink = new Sink()
    const outbox = new Outbox(sink)
    outbox.headers(5, block, false, Uint8Array.of(0x20), 4)
    outbox.flush()
    assert.deepEqual(
      sink.frames.map(({ name, flags }) => [name, flags]),
      [['HEADERS', 4]],
    )
  })

  it('drops everything after close', () => {
    const sink = new Sink()
    const outbox = new Outbox(sink)
    outbox.word(FrameType.rstStream, 1, 8)
    outbox.close()
    for (let count = 0; count < 100_000; count++) outbox.word(FrameType.rstStream, 1, 8)
    outbox.flush()
    outbox.resume()
    assert.equal(sink.writes.length, 0)
  })
})
