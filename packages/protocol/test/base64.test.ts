// Base64 against Node's.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeBase64, encodeBase64 } from '@etcdkit/protocol'
import fc from 'fast-check'

const someBytes = fc.uint8Array({ maxLength: 100 }).map((bytes) => new Uint8Array(bytes))

test('encodeBase64 agrees with Buffer, and decodeBase64 takes it back in each of its forms', () => {
  fc.assert(
    fc.property(someBytes, (bytes) => {
      const text = encodeBase64(bytes)
      assert.equal(text, Buffer.from(bytes).toString('base64'))
      assert.deepEqual(decodeBase64(text), bytes)
      assert.deepEqual(decodeBase64(text.replace(/=+$/, '')), bytes)
      const urlSafe = text.replaceAll('+', '-').replaceAll('/', '_')
      assert.deepEqual(decodeBase64(urlSafe), bytes)
      assert.deepEqual(decodeBase64(urlSafe.replace(/=+$/, '')), bytes)
    }),
    { numRuns: 500 },
  )
})

test('encodeBase64 and decodeBase64 carry large values', () => {
  for (const size of [766, 767, 768, 769, 49151, 49152, 49153, 200_000]) {
    const bytes = Uint8Array.from({ length: size }, (_, index) => index * 31)
    const text = encodeBase64(bytes)
    assert.equal(text, Buffer.from(bytes).toString('base64'))
    assert.deepEqual(decodeBase64(text), bytes)
  }
})

test('decodeBase64 answers undefined for what is not base64', () => {
  for (const text of [
    'a',
    'abcde',
    '=',
    'a===',
    'ab=c',
    '*abc',
    'abc*',
    'ab c',
    'ab\n=',
    'é===',
    '\u{1f600}',
    'YQ=',
    'YQ===',
  ]) {
    assert.equal(decodeBase64(text), undefined, text)
  }
  assert.deepEqual(decodeBase64(''), new Uint8Array())
})
