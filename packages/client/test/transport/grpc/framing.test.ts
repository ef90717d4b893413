// Messages cut out of body bytes: the same ones however the bytes are cut.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { FramingError, MessageAssembler } from '../../../src/transport/grpc/framing.ts'
import { framed } from './grpc-peer.ts'

/** What an assembler makes of bytes that come in chunks of these lengths, in one buffer that is used again. */
function assemble(
  bytes: Buffer,
  lengths: readonly number[],
  maxBytes = 1_000_000,
): {
  readonly messages: string[]
  readonly partial: boolean
} {
  const assembler = new MessageAssembler(maxBytes)
  const messages: Uint8Array[] = []
  const lent = Buffer.alloc(bytes.length + 7)
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const chunk = bytes.subarray(at, at + (lengths[turn % lengths.length] ?? 1))
    lent.fill(0xee)
    chunk.copy(lent, 7)
    assembler.push(lent, 7, 7 + chunk.length, (message, owned) =>
      messages.push(owned ? message : Uint8Array.from(message)),
    )
    at += chunk.length
  }
  return {
    messages: messages.map((message) => Buffer.from(message).toString('hex')),
    partial: assembler.partial,
  }
}

const message = fc.uint8Array({ maxLength: 30 })
const chunks = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 })

describe('MessageAssembler', () => {
  it('gives the same messages however their bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), chunks, (messages, lengths) => {
        const bytes = Buffer.concat(messages.map((each) => framed(each)))
        const expected = {
          messages: messages.map((each) => Buffer.from(each).toString('hex')),
          partial: false,
        }
        assert.deepEqual(assemble(bytes, lengths), expected)
        assert.deepEqual(assemble(bytes, [bytes.length + 1]), expected)
      }),
    )
  })

  it('knows whether it is in the middle of a message', () => {
    const bytes = Buffer.concat([framed(Buffer.from('first')), framed(Buffer.from('second'))])
    for (let length = 0; length <= bytes.length; length++) {
      const { partial } = assemble(bytes.subarray(0, length), [3])
      assert.equal(partial, length !== 0 && length !== 10 && length !== bytes.length)
    }
  })

  it('takes a message of several mebibytes in pieces', () => {
    const large = Buffer.alloc(9_000_000, 'x')
    const { messages } = assemble(framed(large), [16_384], 10_000_000)
    assert.equal(messages[0], large.toString('hex'))
  })

  it('refuses a message over the limit by its prefix, however that is cut', () => {
    const bytes = framed(new Uint8Array(101))
    for (const lengths of [[1], [4, 1], [200]]) {
      assert.deepEqual(assemble(framed(new Uint8Array(100)), lengths, 100).messages.length, 1)
      assert.throws(
        () => assemble(bytes, lengths, 100),
        (error: unknown) => error instanceof FramingError && error.kind === 'too-large',
      )
    }
  })

  it('refuses every flag but 0, however the prefix is cut', () => {
    for (let flag = 1; flag < 256; flag++) {
      for (const lengths of [[1], [4, 1], [200]]) {
        assert.throws(
          () => assemble(framed(Buffer.from('x'), flag), lengths),
          (error: unknown) => error instanceof FramingError && error.kind === 'malformed',
        )
      }
    }
  })
})
