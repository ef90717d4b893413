import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { HpackDecoder } from '../../../src/http2/hpack/decoder.ts'
import { encodeHeaders } from '../../../src/http2/hpack/encoder.ts'
import { HpackError } from '../../../src/http2/hpack/errors.ts'
import { concat, decodeAll, decodePairs, fromHex, toHex, toPairs } from './bytes.ts'
import { type EncodedField, fieldArbitrary } from './field-arbitraries.ts'
import { ReferenceEncoder } from './reference-encoder.ts'

const limits = { maxTableSize: 4096, maxListSize: 8192 }
const trailers = encodeHeaders([
  ['grpc-status', '0'],
  ['grpc-message', ''],
])
const insert = fromHex('4001 6101 62')

describe('a decoder that remembers blocks', () => {
  it('gives the same list for the same octets', () => {
    const decoder = new HpackDecoder(limits)
    const list = decodeAll(decoder, trailers)
    const shifted = concat(Uint8Array.of(1, 2, 3), trailers)
    assert.equal(decoder.decode(Buffer.from(shifted), 3, shifted.length), list)
    assert.deepEqual(toPairs(list), [
      ['grpc-status', '0'],
      ['grpc-message', ''],
    ])
  })

  it('does not remember a view on bytes that change', () => {
    const decoder = new HpackDecoder(limits)
    const received = Buffer.from(trailers)
    decodeAll(decoder, received)
    const other = encodeHeaders([
      ['grpc-status', '5'],
      ['grpc-message', ''],
    ])
    received.set(other)
    assert.equal(decodeAll(decoder, received).grpcStatus, '5')
  })

  it('tells blocks apart by any octet, and by length', () => {
    const decoder = new HpackDecoder(limits)
    for (let i = 0; i < 3; i++) {
      for (const status of ['200', '204', '404']) {
        assert.equal(decodeAll(decoder, encodeHeaders([[':status', status]])).status, status)
      }
      assert.equal(decodeAll(decoder, fromHex('8888')).length, 2)
    }
  })

  it('does not remember a block that adds to the table', () => {
    const decoder = new HpackDecoder({ ...limits, maxTableSize: 0 })
    // A table of size 0 stays empty, but what the block means may change.
    assert.notEqual(decodeAll(decoder, insert), decodeAll(decoder, insert))
    decoder.setMaxTableSize(4096)
    decodeAll(decoder, fromHex('3fe11f'))
    decodeAll(decoder, insert)
    assert.deepEqual(decodePairs(decoder, fromHex('be')), [['a', 'b']])
  })

  it('does not remember a block that sets the size of the table', () => {
    const decoder = new HpackDecoder(limits)
    const clear = fromHex('20 88')
    decodeAll(decoder, clear)
    decodeAll(decoder, fromHex('3fe11f'))
    decodeAll(decoder, insert)
    decodeAll(decoder, clear)
    assert.throws(() => decodeAll(decoder, fromHex('be')), HpackError)
  })

  it('does not let a known block pass for the size update due', () => {
    const decoder = new HpackDecoder(limits)
    decodeAll(decoder, trailers)
    decodeAll(decoder, trailers)
    decoder.setMaxTableSize(0)
    assert.throws(() => decodeAll(decoder, trailers), HpackError)
  })

  it('does not use what it knows while the table has entries', () => {
    const decoder = new HpackDecoder(limits)
    const list = decodeAll(decoder, trailers)
    decodeAll(decoder, insert)
    assert.notEqual(decodeAll(decoder, trailers), list)
    assert.deepEqual(toPairs(decodeAll(decoder, trailers)), toPairs(list))
    decodeAll(decoder, fromHex('20'))
    assert.equal(decodeAll(decoder, trailers), list)
  })

  it('remembers few blocks, and none that is long', () => {
    const decoder = new HpackDecoder(limits)
    const list = decodeAll(decoder, trailers)
    for (let i = 0; i < 20; i++) decodeAll(decoder, encodeHeaders([['x', `${i}`]]))
    assert.notEqual(decodeAll(decoder, trailers), list)
    const long = encodeHeaders([['x', '\x7e'.repeat(300)]])
    assert.notEqual(decodeAll(decoder, long), decodeAll(decoder, long))
  })

  it('gives what was encoded, over any sequence of repeated blocks, insertions and sizes', () => {
    const stateless = fc.array(fieldArbitrary('plain', 'never'), { maxLength: 3 })
    const any = fc.array(fieldArbitrary('plain', 'index'), { maxLength: 3 })
    // Few lists, chosen again and again: the same fields come as the same octets, or by way of the table.
    const lists = fc.array(fc.oneof(stateless, any), { minLength: 1, maxLength: 10 })
    const command = fc.oneof(
      { weight: 8, arbitrary: fc.nat(9).map((list) => ({ list })) },
      fc.constantFrom({ size: 0 }, { size: 60 }, { size: 4096 }),
      fc.constantFrom({ setting: 0 }, { setting: 4096 }),
    )
    let hits = 0
    fc.assert(
      fc.property(lists, fc.array(command, { maxLength: 100, size: 'max' }), (pool, commands) => {
        hits += replay(pool, commands)
      }),
    )
    assert.ok(hits > 100, `${hits} hits`)
  })
})

type Command = { list: number } | { size: number } | { setting: number }

/** Encodes and decodes as the commands say; how often a list was given that had been given before. */
function replay(pool: readonly EncodedField[][], commands: readonly Command[]): number {
  const encoder = new ReferenceEncoder({ huffman: true })
  const decoder = new HpackDecoder(limits)
  const given = new Map<unknown, string>()
  let setting = 4096
  let hits = 0
  for (const command of commands) {
    if ('setting' in command) {
      setting = command.setting
      decoder.setMaxTableSize(setting)
      encoder.resize(setting)
    } else if ('size' in command) {
      encoder.resize(Math.min(command.size, setting))
    } else {
      const fields = pool[command.list % pool.length] ?? []
      const block = encoder.encode(fields)
      const list = decodeAll(decoder, block)
      assert.deepEqual(
        toPairs(list),
        fields.map(([name, value]) => [name, value]),
      )
      if (given.has(list)) hits++
      assert.equal(given.get(list) ?? toHex(block), toHex(block))
      given.set(list, toHex(block))
    }
  }
  return hits
}
