// Objects in a body, however it is cut into chunks.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { JsonValueReader } from '../../src/gateway/json-value-reader.ts'
import { statusOfError } from '../../src/v3/status.ts'

const object = fc.dictionary(fc.string(), fc.jsonValue())

test('JsonValueReader finds every object, whatever the chunks', () => {
  const blank = fc.constantFrom('', ' ', '\n', '\r\n\t ')
  const cuts = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 })
  fc.assert(
    fc.property(fc.array(fc.tuple(blank, object)), blank, cuts, (objects, tail, sizes) => {
      const texts = objects.map(([, value]) => JSON.stringify(value))
      const body = Buffer.from(objects.map(([gap], at) => gap + texts[at]).join('') + tail)
      const reader = new JsonValueReader(1e6)
      const read = chunks(body, sizes).flatMap((chunk) => [...reader.push(chunk)])
      assert.deepEqual(read.map(String), texts)
      assert.equal(reader.partial, false)
    }),
  )
})

test('JsonValueReader knows when an object has not ended', () => {
  const reader = new JsonValueReader(100)
  assert.deepEqual([...reader.push(Buffer.from('{"a":"}'))], [])
  assert.equal(reader.partial, true)
  assert.deepEqual([...reader.push(Buffer.from('\\"}"}'))].map(String), ['{"a":"}\\"}"}'])
  assert.equal(reader.partial, false)
})

test('JsonValueReader gives what comes before what is wrong', () => {
  const objects = new JsonValueReader(100).push(Buffer.from('{"a":1} and more'))
  assert.equal(String(objects.next().value), '{"a":1}')
  refuses(() => objects.next(), 3, /found "a"/)
})

test('JsonValueReader keeps no more than it is told to', () => {
  const reader = new JsonValueReader(10)
  assert.equal([...reader.push(Buffer.from('{"a":1234}{"a":1234}'))].length, 2)
  assert.deepEqual([...reader.push(Buffer.from('{"a":'))], [])
  refuses(() => [...reader.push(Buffer.from('1234567}'))], 8, /larger than max \(13 vs\. 10\)/)
})

test('JsonValueReader refuses what is no object', () => {
  for (const [text, found] of [
    ['[]', '"["'],
    ['null', '"n"'],
    ['  1', '"1"'],
    ['{} "a"', '"\\""'],
    ['\ufeff{}', 'byte 239'],
  ] as const) {
    const reader = new JsonValueReader(100)
    const message = `expected a JSON object, found ${found}`
    refuses(
      () => [...reader.push(Buffer.from(text))],
      3,
      new RegExp(message.replace(/[[\\]/g, '\\$&')),
    )
  }
})

function chunks(body: Buffer, sizes: readonly number[]): Buffer[] {
  const cut: Buffer[] = []
  let turn = 0
  for (let at = 0; at < body.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    cut.push(body.subarray(at, at + size))
    at += size
  }
  return cut
}

function refuses(read: () => unknown, status: number, message: RegExp): void {
  assert.throws(read, (error) => {
    const refusal = statusOfError(error)
    assert.equal(refusal.status, status)
    assert.match(refusal.message, message)
    return true
  })
}
