import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { HpackDecoder } from '../../../src/http2/hpack/decoder.ts'
import { HpackError } from '../../../src/http2/hpack/errors.ts'
import { HeaderList } from '../../../src/http2/hpack/header-list.ts'
import { concat, decodeAll, decodePairs, fromHex, toPairs } from './bytes.ts'
import { fieldArbitrary } from './field-arbitraries.ts'
import { ReferenceEncoder } from './reference-encoder.ts'

const limits = { maxTableSize: 4096, maxListSize: 8192 }

/** Decodes one block after the other; true if all of them decoded, false on an `HpackError`; else throws. */
function decodes(decoder: HpackDecoder, blocks: readonly Uint8Array[]): boolean {
  try {
    for (const block of blocks) assert.ok(decodeAll(decoder, block) instanceof HeaderList)
    return true
  } catch (error) {
    if (error instanceof HpackError) return false
    throw error
  }
}

describe('HpackDecoder.decode', () => {
  it('reads what lies between start and end, in a Buffer or a Uint8Array', () => {
    const fields = [
      ['content-type', 'application/grpc'],
      ['a-name-of-some-length', 'caf\xe9'],
    ] as const
    for (const huffman of [false, true]) {
      const encoder = new ReferenceEncoder({ huffman })
      const block = encoder.encode(fields.map(([n, v]) => [n, v, 'plain']))
      const bytes = concat(Uint8Array.of(0xff, 0xff), block, Uint8Array.of(0xff))
      for (const view of [bytes, Buffer.from(bytes)]) {
        const list = new HpackDecoder(limits).decode(view, 2, 2 + block.length)
        assert.deepEqual(toPairs(list), fields)
      }
    }
  })

  it('keeps no bytes of the block', () => {
    const decoder = new HpackDecoder(limits)
    const block = fromHex('8840 0178 0a68656c6c6f776f726c64')
    const list = decodeAll(decoder, block)
    block.fill(0)
    assert.deepEqual(toPairs(list), [
      [':status', '200'],
      ['x', 'helloworld'],
    ])
    assert.deepEqual(decodePairs(decoder, fromHex('be')), [['x', 'helloworld']])
  })

  it('takes an empty block', () => {
    assert.equal(decodeAll(new HpackDecoder(limits), new Uint8Array(0)).length, 0)
  })

  it('gives back what a stateful encoder was given, whatever it does', () => {
    const field = fieldArbitrary('index', 'plain', 'never')
    const command = fc.oneof(
      { weight: 5, arbitrary: fc.array(field, { maxLength: 6 }) },
      fc.nat(400),
      fc.constant('setting' as const),
    )
    fc.assert(
      fc.property(fc.boolean(), fc.array(command, { maxLength: 40 }), (huffman, commands) => {
        const encoder = new ReferenceEncoder({ huffman })
        const decoder = new HpackDecoder(limits)
        let setting = limits.maxTableSize
        for (const c of commands) {
          if (c === 'setting') {
            setting = setting === 4096 ? 100 : 4096
            decoder.setMaxTableSize(setting)
            encoder.resize(setting)
          } else if (typeof c === 'number') {
            encoder.resize(Math.min(c, setting))
          } else {
            const pairs = c.map(([name, value]) => [name, value])
            assert.deepEqual(decodePairs(decoder, encoder.encode(c)), pairs)
          }
        }
      }),
    )
  })

  for (const [name, hex] of [
    ['index 0', '80'],
    ['an index past an empty table', 'be'],
    ['an index past a table', '4001 6101 62bf'],
    ['a name index past an empty table', '7e0162'],
    ['a huge index', 'ffffffffff07'],
    ['a string length past the end', '00057061'],
    ['a huge string length', '007fffffffff07'],
    ['an index that is too long an integer', 'ff808080808000'],
    ['bad Huffman padding in a name', '0081ff0161'],
    ['END_OF_STRING in a value', '00016184ffffffff'],
    ['a size update after a field', '8820'],
    ['a size update over the setting', '3fe21f'],
    ['a size update cut short', '3f'],
  ] as const) {
    it(`throws HpackError on ${name}`, () => {
      assert.throws(() => decodeAll(new HpackDecoder(limits), fromHex(hex)), HpackError)
    })
  }

  it('throws HpackError or decodes a prefix when a block is cut anywhere', () => {
    const field = fieldArbitrary('index', 'plain', 'never')
    fc.assert(
      fc.property(fc.boolean(), fc.array(field, { maxLength: 6 }), (huffman, fields) => {
        const block = new ReferenceEncoder({ huffman }).encode(fields)
        for (let end = 0; end < block.length; end++) {
          const decoder = new HpackDecoder(limits)
          try {
            const pairs = toPairs(decoder.decode(block, 0, end))
            const expected = fields.slice(0, pairs.length).map(([name, value]) => [name, value])
            assert.deepEqual(pairs, expected)
          } catch (error) {
            assert.ok(error instanceof HpackError, String(error))
          }
        }
      }),
      { numRuns: 50 },
    )
  })

  it('throws nothing but HpackError, whatever is done to valid blocks', () => {
    const fields = fc.array(fieldArbitrary('index', 'plain', 'never'), { maxLength: 6 })
    const change = fc.record({ at: fc.nat(), octet: fc.nat(255), cut: fc.nat(20) })
    const outcomes = new Set<boolean>()
    fc.assert(
      fc.property(
        fc.array(fields, { minLength: 1, maxLength: 6 }),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        (lists, changes) => {
          const encoder = new ReferenceEncoder({ huffman: true })
          const blocks = lists.map((list) => encoder.encode(list))
          for (const { at, octet, cut } of changes) {
            const i = at % blocks.length
            const block = blocks[i] ?? new Uint8Array(0)
            block[at % (block.length + 1)] = octet
            if (cut > 17) blocks[i] = block.subarray(0, at % (block.length + 1))
          }
          outcomes.add(decodes(new HpackDecoder(limits), blocks))
        },
      ),
      { numRuns: 1000 },
    )
    assert.equal(outcomes.size, 2)
  })

  it('throws nothing but HpackError on random octets', () => {
    const blocks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 })
    fc.assert(
      fc.property(blocks, (list) => {
        decodes(new HpackDecoder(limits), list)
      }),
      { numRuns: 1000 },
    )
  })
})
