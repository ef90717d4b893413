// However the bytes are cut, the same frames come out.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { FrameReader, type FrameSink } from '../../src/http2/frame-reader.ts'
import { dataFrame, rawFrame } from './frames.ts'

/** What a reader said, the parts of a DATA frame put together. */
class Recorder implements FrameSink {
  readonly frames: string[] = []
  #data = ''

  onDataStart(streamId: number, flowBytes: number): void {
    this.#data = `DATA ${streamId} flow ${flowBytes} `
  }

  onDataBytes(bytes: Uint8Array, start: number, end: number): void {
    assert(end > start)
    this.#data += Buffer.from(bytes.subarray(start, end)).toString('hex')
  }

  onDataEnd(flowOnly: number, endStream: boolean): void {
    this.frames.push(`${this.#data} padding ${flowOnly} end ${endStream}`)
  }

  onFrame(...[type, flags, streamId, bytes, start, end]: Parameters<FrameSink['onFrame']>): void {
    const payload = Buffer.from(bytes.subarray(start, end)).toString('hex')
    this.frames.push(`${type} ${flags} ${streamId} ${payload}`)
  }
}

const streamId = fc.nat(0x7fffffff)
const payload = fc.uint8Array({ maxLength: 40 })
const anyFrame = fc.oneof(
  fc
    .record({
      streamId,
      payload,
      end: fc.boolean(),
      padding: fc.option(fc.nat(20), { nil: undefined }),
    })
    .map((data) =>
      dataFrame(data.streamId, data.payload, {
        end: data.end,
        ...(data.padding !== undefined && { padding: data.padding }),
      }),
    ),
  fc
    .record({ type: fc.integer({ min: 1, max: 255 }), flags: fc.nat(255), streamId, payload })
    .map(rawFrame),
)

/** What a reader says of bytes that come in chunks of these lengths, again and again. */
function read(bytes: Uint8Array, lengths: readonly number[]): string[] {
  const recorder = new Recorder()
  const reader = new FrameReader(recorder)
  // As from a socket: one buffer, used again for each chunk.
  const lent = new Uint8Array(bytes.length)
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const chunk = bytes.subarray(at, at + (lengths[turn % lengths.length] ?? 1))
    lent.fill(0xee)
    lent.set(chunk)
    reader.push(lent, chunk.length)
    at += chunk.length
  }
  return recorder.frames
}

describe('FrameReader', () => {
  it('reads the same frames however their bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(anyFrame, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 }),
        (frames, lengths) => {
          const bytes = Buffer.concat(frames)
          const whole = read(bytes, [bytes.length])
          assert.equal(whole.length, frames.length)
          assert.deepEqual(read(bytes, lengths), whole)
          assert.deepEqual(read(bytes, [1]), whole)
        },
      ),
    )
  })

  it('reads padding of every length', () => {
    for (let padding = 0; padding < 256; padding++) {
      const bytes = dataFrame(1, 'ab', { padding })
      const expected = [`DATA 1 flow ${padding + 3} 6162 padding ${padding + 1} end false`]
      assert.deepEqual(read(bytes, [bytes.length]), expected)
      assert.deepEqual(read(bytes, [9, 1, 1, 300]), expected)
    }
  })
})
