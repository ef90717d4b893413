// JSON as the gateway reads it: as JSON.parse does, but for what that loses.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseJson } from '../../src/gateway/parse-json.ts'
import { statusOfError } from '../../src/v3/status.ts'

test('parseJson reads what JSON.stringify writes', () => {
  const json = fc.jsonValue({ maxDepth: 6, noUnicodeString: false })
  fc.assert(
    fc.property(json, fc.constantFrom(0, 1, '\t'), (value, space) => {
      const text = JSON.stringify(value, null, space)
      assert.equal(JSON.stringify(parseJson(text), bigintsAsNumbers), JSON.stringify(value))
    }),
  )
})

test('parseJson refuses what JSON.parse refuses', () => {
  const piece = fc.constantFrom(...'{}[]",:\\0123.-+eEtruefalsn \n\u0001é', 'true', 'null', '"a"')
  fc.assert(
    fc.property(fc.string({ unit: piece, maxLength: 12 }), (text) => {
      const refusal = refusalOf(text)
      if (/given twice/.test(refusal ?? '')) return
      assert.equal(refusal === undefined, isJson(text), text)
    }),
    { numRuns: 5000 },
  )
})

test('parseJson keeps integers of any size', () => {
  const integer = fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n })
  fc.assert(
    fc.property(integer, (value) => {
      const read: unknown = parseJson(`[${value}]`)
      assert.deepEqual(read, [Number.isSafeInteger(Number(value)) ? Number(value) : value])
    }),
  )
  assert.deepEqual(parseJson('[5.0, 1e2, 1.5, 1e400]'), [5, 100, 1.5, Number.POSITIVE_INFINITY])
})

test('parseJson refuses names that are given twice, and takes any name for a name', () => {
  refuses('{"a":1,"b":{"a":1},"a":2}', /^"a" is given twice$/)
  assert.deepEqual(Object.entries(parseJson('{"__proto__":1,"toString":2}') as object), [
    ['__proto__', 1],
    ['toString', 2],
  ])
})

test('parseJson says what is wrong, and where', () => {
  refuses('{"a":}', /^unexpected "}" at character 6 of the JSON$/)
  refuses('{"a":1', /^unexpected end at character 7 of the JSON$/)
  refuses('{"a":"\\x"}', /^unexpected "\\"" at character 6/)
  refuses('{"a":"\\ud800"}', /^unexpected "\\"" at character 6/)
  refuses('{} {}', /^unexpected "{" at character 4/)
  refuses('[1,]', /^unexpected "\]" at character 4/)
  refuses('', /^unexpected end at character 1/)
})

test('parseJson bounds nesting', () => {
  refuses('['.repeat(100_000), /^JSON is nested deeper than 1000$/)
  assert.doesNotThrow(() => parseJson('['.repeat(1000) + ']'.repeat(1000)))
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function refusalOf(text: string): string | undefined {
  try {
    parseJson(text)
    return undefined
  } catch (error) {
    return statusOfError(error).message
  }
}

function bigintsAsNumbers(_name: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value
}

function refuses(text: string, message: RegExp): void {
  assert.throws(
    () => parseJson(text),
    (error) => {
      const refusal = statusOfError(error)
      assert.equal(refusal.status, 3)
      assert.match(refusal.message, message)
      return true
    },
  )
}
