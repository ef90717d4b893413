// UTF-8 against the platform's.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeUtf8, encodeUtf8 } from '@etcdkit/protocol'
import fc from 'fast-check'

test('encodeUtf8 and decodeUtf8 agree with the platform', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), (text) => {
      const bytes = encodeUtf8(text)
      assert.deepEqual(bytes, new TextEncoder().encode(text))
      assert.equal(decodeUtf8(bytes), text)
      const padded = Uint8Array.of(0x61, ...bytes, 0x62)
      assert.equal(decodeUtf8(padded, 1, padded.length - 1), text)
    }),
  )
})

test('decodeUtf8 throws TypeError for exactly what the platform refuses', () => {
  const platform = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const outcome = (run: () => string): string | Error => {
    try {
      return run()
    } catch (error) {
      assert.ok(error instanceof TypeError)
      return new Error('refused')
    }
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
      assert.deepEqual(
        outcome(() => decodeUtf8(bytes)),
        outcome(() => platform.decode(bytes)),
      )
    }),
    { numRuns: 1000 },
  )
})

test('decodeUtf8 takes the replacement character and the byte order mark where they are', () => {
  for (const text of ['a text with \ufffd in it', '\ufeffa text with a mark', '\ufffd'])
    assert.equal(decodeUtf8(new TextEncoder().encode(text)), text)
})

test('encodeUtf8 throws TypeError for half a surrogate pair', () => {
  assert.throws(() => encodeUtf8('a\ud83d'), TypeError)
  assert.throws(() => encodeUtf8('\ude00\ud83d'), TypeError)
})
