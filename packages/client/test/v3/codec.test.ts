import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { bytes, json, text } from '../../src/v3/codec.ts'
import type { StandardSchema } from '../../src/v3/standard-schema.ts'

/** A schema of objects with a port, which may come as text. */
const portSchema: StandardSchema<{ port: number | string }, { port: number }> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate(value) {
      const port = Number((value as { port?: unknown } | null)?.port)
      if (Number.isInteger(port)) return { value: { port } }
      return { issues: [{ message: 'expected a number', path: ['port'] }, { message: 'no' }] }
    },
  },
}

const encoded = (value: string): Uint8Array => new TextEncoder().encode(value)

describe('text', () => {
  it('reads what it wrote', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (value) => {
        assert.equal(text.decode(text.encode(value)), value)
      }),
    )
  })

  it('writes bytes as they are', () => {
    assert.deepEqual([...text.encode(new Uint8Array([255, 0]))], [255, 0])
  })

  it('refuses half a surrogate pair, bytes that are not UTF-8, and anything else', () => {
    assert.throws(() => text.encode('a\ud800'), TypeError)
    assert.throws(() => text.encode(`${'x'.repeat(100)}\udc00`), TypeError)
    assert.throws(() => text.decode(new Uint8Array([0xff])), TypeError)
    assert.throws(() => text.encode(5 as unknown as string), /not number/)
  })
})

describe('bytes', () => {
  it('hands bytes through', () => {
    const value = new Uint8Array([1, 2])
    assert.equal(bytes.encode(value), value)
    assert.equal(bytes.decode(value), value)
    assert.throws(() => bytes.encode('x' as unknown as Uint8Array), /not string/)
  })
})

describe('json', () => {
  it('reads what it wrote', () => {
    const codec = json()
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.deepEqual(codec.decode(codec.encode(value)), JSON.parse(JSON.stringify(value)))
      }),
    )
  })

  it('refuses what JSON has not', () => {
    assert.throws(() => json().encode(undefined), /JSON has no undefined/)
    assert.throws(() => json().encode(() => 1), /JSON has no function/)
    assert.throws(() => json().decode(encoded('{')), SyntaxError)
  })

  it('with a schema stores what was given and reads what the schema makes of it', () => {
    const codec = json(portSchema)
    const stored = codec.encode({ port: '80' })
    assert.equal(new TextDecoder().decode(stored), '{"port":"80"}')
    assert.deepEqual(codec.decode(stored), { port: 80 })
  })

  it('with a schema tells what it has against a value, both ways', () => {
    const codec = json(portSchema)
    const issues = /^TypeError: port: expected a number; no$/
    assert.throws(() => codec.encode({ port: 'x' }), issues)
    assert.throws(() => codec.decode(encoded('{"port":"x"}')), issues)
  })

  it('refuses a schema that validates asynchronously, and what is no schema', () => {
    const validate = async (): Promise<never> => {
      throw new Error('late')
    }
    const codec = json({ '~standard': { version: 1, vendor: 'test', validate } })
    assert.throws(() => codec.decode(encoded('1')), /asynchronously/)
    assert.throws(() => json({} as StandardSchema), /Standard Schema/)
  })
})
