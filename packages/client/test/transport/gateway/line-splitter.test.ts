// Lines out of bytes, however they are cut.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { LineSplitter, LineTooLongError } from '../../../src/transport/gateway/line-splitter.ts'

function linesOf(
  chunks: readonly Uint8Array[],
  maxBytes = 1000,
): { lines: string[]; rest: string } {
  const splitter = new LineSplitter(maxBytes)
  const lines: string[] = []
  for (const chunk of chunks) {
    splitter.push(chunk, (line, bytes) => {
      assert.equal(bytes, Buffer.byteLength(line))
      lines.push(line)
    })
  }
  return { lines, rest: splitter.finish() }
}

describe('LineSplitter', () => {
  it('finds the same lines wherever the bytes are cut, within characters too', () => {
    const line = fc
      .string({ unit: 'grapheme', maxLength: 20 })
      .map((text) => text.replaceAll('\n', ''))
    fc.assert(
      fc.property(fc.array(line), line, fc.array(fc.nat(400)), (lines, rest, cuts) => {
        const bytes = Buffer.from([...lines, rest].join('\n'))
        const places = [...new Set(cuts.map((cut) => Math.min(cut, bytes.length)))].sort(
          (a, b) => a - b,
        )
        const chunks = [0, ...places].map((from, index) =>
          bytes.subarray(from, places[index] ?? bytes.length),
        )
        assert.deepEqual(linesOf(chunks), { lines, rest })
      }),
    )
  })

  it('holds one line of at most maxBytes, in one piece or many', () => {
    const splitter = new LineSplitter(4)
    splitter.push(Buffer.from('1234\n12'), () => undefined)
    assert.equal(splitter.partialBytes, 2)
    splitter.push(Buffer.from('34'), () => undefined)
    assert.throws(() => splitter.push(Buffer.from('5'), () => undefined), LineTooLongError)
    assert.throws(() => linesOf([Buffer.from('12345\n')], 4), LineTooLongError)
  })

  it('throws on what is not UTF-8', () => {
    assert.throws(() => linesOf([Uint8Array.of(0xff, 0x0a)]), TypeError)
  })
})
