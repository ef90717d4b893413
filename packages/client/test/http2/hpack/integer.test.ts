import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { HpackError } from '../../../src/http2/hpack/errors.ts'
import { type Cursor, readInteger, writeInteger } from '../../../src/http2/hpack/integer.ts'
import { fromHex, toHex } from './bytes.ts'

function cursorAt(bytes: Uint8Array, position = 0, end: number = bytes.length): Cursor {
  return { bytes, position, end }
}

describe('readInteger and writeInteger', () => {
  for (const [name, hex, prefixBits, value] of [
    ['C.1.1: 10 in 5 bits', '0a', 5, 10],
    ['C.1.2: 1337 in 5 bits', '1f9a0a', 5, 1337],
    ['C.1.3: 42 at an octet boundary', '2a', 8, 42],
    ['the first past the prefix', '7f00', 7, 127],
    ['2^31 - 1', '7f80ffffff07', 7, 2 ** 31 - 1],
  ] as const) {
    it(`agree on ${name}`, () => {
      assert.equal(readInteger(cursorAt(fromHex(hex)), prefixBits), value)
      const target = new Uint8Array(6)
      assert.equal(toHex(target.subarray(0, writeInteger(target, 0, 0, prefixBits, value))), hex)
    })
  }

  it('agree on every number, whatever is above the prefix', () => {
    const prefix = fc.integer({ min: 4, max: 7 })
    const value = fc.oneof(fc.nat(300), fc.nat())
    fc.assert(
      fc.property(prefix, value, fc.nat(3), (prefixBits, number, start) => {
        const target = new Uint8Array(16)
        const pattern = 0xff & ~((1 << prefixBits) - 1)
        const end = writeInteger(target, start, pattern, prefixBits, number)
        const cursor = cursorAt(target, start, end)
        assert.equal((target[start] ?? 0) & pattern, pattern)
        assert.equal(readInteger(cursor, prefixBits), number)
        assert.equal(cursor.position, end)
      }),
    )
  })
})

describe('readInteger', () => {
  it('takes leading zeros up to 5 continuation octets', () => {
    assert.equal(readInteger(cursorAt(fromHex('7f8080808000')), 7), 127)
  })

  for (const [name, hex] of [
    ['2^31', '7f81ffffff07'],
    ['the largest 5 continuation octets can say', '7fffffffff7f'],
    ['more than 5 continuation octets', '7f808080808000'],
    ['a number without end', `7f${'ff'.repeat(1000)}`],
    ['nothing', ''],
    ['a number cut after its prefix', '7f'],
    ['a number cut later', '7f80'],
  ] as const) {
    it(`throws HpackError on ${name}`, () => {
      assert.throws(() => readInteger(cursorAt(fromHex(hex)), 7), HpackError)
    })
  }

  it('does not read past the end of the block', () => {
    assert.throws(() => readInteger(cursorAt(fromHex('7f00'), 0, 1), 7), HpackError)
  })
})
