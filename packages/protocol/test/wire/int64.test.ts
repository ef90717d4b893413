// 64-bit integers against bigint, which the code itself does without.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  DecimalMemo,
  parseHalves,
  signedNumber,
  signedText,
  unsignedNumber,
  unsignedText,
} from '../../src/wire/int64.ts'

const halvesOf = (value: bigint): { low: number; high: number } => {
  const bits = BigInt.asUintN(64, value)
  return { low: Number(bits & 0xffffffffn), high: Number(bits >> 32n) }
}

/** Integers of every size, small ones as often as large ones. */
const sized = fc
  .tuple(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat({ max: 64 }))
  .map(([value, bits]) => BigInt.asUintN(bits, value))

test('unsignedText, unsignedNumber and parseHalves agree with bigint', () => {
  fc.assert(
    fc.property(sized, (value) => {
      const { low, high } = halvesOf(value)
      assert.equal(unsignedText(low, high), String(value))
      assert.equal(unsignedNumber(low, high), Number(value))
      const halves = { low: 0, high: 0 }
      assert.equal(parseHalves(String(value), false, halves), undefined)
      assert.deepEqual(halves, { low, high })
    }),
    { numRuns: 3000 },
  )
})

test('signedText, signedNumber and parseHalves agree with bigint', () => {
  fc.assert(
    fc.property(sized, fc.boolean(), (magnitude, negative) => {
      const value = BigInt.asIntN(64, negative ? -magnitude : magnitude)
      const { low, high } = halvesOf(value)
      assert.equal(signedText(low, high), String(value))
      assert.equal(signedNumber(low, high), Number(value))
      const halves = { low: 0, high: 0 }
      assert.equal(parseHalves(String(value), true, halves), undefined)
      assert.deepEqual(halves, { low, high })
    }),
    { numRuns: 3000 },
  )
})

test('parseHalves refuses what bigint would not fit', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), fc.boolean(), (value, signed) => {
      const fits = (signed ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value)) === value
      const problem = parseHalves(String(value), signed, { low: 0, high: 0 })
      assert.equal(problem === undefined, fits, `${value} ${problem}`)
    }),
    { numRuns: 2000 },
  )
  for (const value of [
    2n ** 63n,
    2n ** 63n - 1n,
    -(2n ** 63n),
    -(2n ** 63n) - 1n,
    2n ** 64n,
    -1n,
  ]) {
    for (const signed of [true, false]) {
      const fits = (signed ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value)) === value
      assert.equal(parseHalves(String(value), signed, { low: 0, high: 0 }) === undefined, fits)
    }
  }
})

test('DecimalMemo answers as the function it remembers, also where slots collide', () => {
  const memo = new DecimalMemo(signedText)
  const values = fc.sample(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), 400)
  for (const value of [0n, ...values, 0n, ...values, 64n, 128n, 64n]) {
    const { low, high } = halvesOf(value)
    assert.equal(memo.text(low, high), String(value))
  }
})
