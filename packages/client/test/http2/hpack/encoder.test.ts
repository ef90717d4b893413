import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { HpackDecoder } from '../../../src/http2/hpack/decoder.ts'
import { encodeHeaders, type HeaderEntry } from '../../../src/http2/hpack/encoder.ts'
import { HpackError } from '../../../src/http2/hpack/errors.ts'
import { staticEntries } from '../../../src/http2/hpack/static-table.ts'
import { concat, decodeAll, decodePairs, fromHex, toHex } from './bytes.ts'

const limits = { maxTableSize: 4096, maxListSize: 65_536 }

const token = fc.string({
  unit: fc.constantFrom(..."abcxyz0189-_.!#$%&'*+^`|~"),
  minLength: 1,
  maxLength: 20,
})
const fieldValue = fc
  .uint8Array({ maxLength: 200 })
  .map((octets) => Buffer.from(octets.filter((o) => o === 9 || (o >= 32 && o !== 127))))
  .map((octets) => octets.toString('latin1').replace(/^[ \t]+|[ \t]+$/g, ''))

describe('encodeHeaders', () => {
  for (const [name, field, hex] of [
    ['indexed if the static table has it', [':method', 'POST'], '83'],
    ['indexed with an empty value', ['accept', ''], '93'],
    ['a literal with the name indexed', [':path', '/sample/path'], '0489 6103a6ba0ac5634cff'],
    ['a literal with an index past the prefix', ['user-agent', ';'], '0f2b 013b'],
    ['a literal with a new name', ['!', '0'], '0001 21 01 30'],
    ['never indexed if sensitive', ['x', '1', true], '1001 78 01 31'],
    ['never indexed if it is authorization', ['authorization', '1'], '1f08 0131'],
    ['never indexed if it is a token', ['token', '1'], '1084 49fa96af 0131'],
    ['as any other if said to be not sensitive', ['authorization', '1', false], '0f08 0131'],
    ['never indexed though the static table has it', [':status', '200', true], '1882 1001'],
    ['Huffman-coded only if that is shorter', ['x', '307'], '0001 78 03 333037'],
  ] as const) {
    it(`makes a field ${name}`, () => {
      assert.equal(toHex(encodeHeaders([field])), hex.replaceAll(' ', ''))
    })
  }

  it('finds each entry of the static table', () => {
    for (const [i, entry] of staticEntries.entries()) {
      const expected = entry[0] === 'authorization' ? '1f0800' : toHex(Uint8Array.of(0x81 + i))
      assert.equal(toHex(encodeHeaders([entry])), expected)
    }
    assert.equal(staticEntries.length, 61)
  })

  it('begins with a table size update to 0 on demand', () => {
    assert.equal(toHex(encodeHeaders([[':method', 'POST']], { clearTable: true })), '2083')
  })

  it('makes blocks that can be joined', () => {
    const block = concat(encodeHeaders([[':method', 'POST']]), encodeHeaders([['x', '1']]))
    assert.deepEqual(decodePairs(new HpackDecoder(limits), block), [
      [':method', 'POST'],
      ['x', '1'],
    ])
  })

  it('makes what a decoder reads back, and leaves its table alone', () => {
    const field = fc.tuple(token, fieldValue, fc.option(fc.boolean(), { nil: undefined }))
    const known = fc.constantFrom(...staticEntries)
    fc.assert(
      fc.property(fc.array(fc.oneof(field, known), { maxLength: 20 }), (entries) => {
        const fields: HeaderEntry[] = entries.map(([name, value, sensitive]) =>
          sensitive === undefined ? [name, value] : [name, value, sensitive],
        )
        const decoder = new HpackDecoder(limits)
        assert.deepEqual(
          decodePairs(decoder, encodeHeaders(fields)),
          fields.map(([name, value]) => [name, value]),
        )
        assert.throws(() => decodeAll(decoder, fromHex('be')), HpackError)
      }),
    )
  })

  it('encodes values longer than one length octet can say', () => {
    for (const length of [126, 127, 128, 5000, 50_000]) {
      const fields = [['x', '~'.repeat(length)]] as const
      assert.deepEqual(decodePairs(new HpackDecoder(limits), encodeHeaders(fields)), fields)
    }
  })

  for (const name of [
    '',
    ':',
    'X',
    'a b',
    'a:b',
    '::a',
    'a\n',
    'a\0',
    'caf\xe9',
    '\u0131',
    'a\r\nb',
  ]) {
    it(`throws TypeError on the name ${JSON.stringify(name)}`, () => {
      assert.throws(() => encodeHeaders([[name, '']]), TypeError)
    })
  }

  for (const value of [
    ...['\n', 'a\r', 'a\0b', 'a\r\nb', '\x7f', '\x1f', 'a\x0b'],
    ...[' ', ' a', 'a ', '\ta', 'a\t', '\u0100', 'snow \u2603', '\u{1f600}'],
  ]) {
    it(`throws TypeError on the value ${JSON.stringify(value)}, which it does not show`, () => {
      assert.throws(
        () => encodeHeaders([['x-secret', `${value}`]]),
        (error) =>
          error instanceof TypeError &&
          error.message.startsWith('Cannot encode header "x-secret": value'),
      )
    })
  }

  it('takes spaces and tabs inside a value', () => {
    const fields = [['x', 'a \t b']] as const
    assert.deepEqual(decodePairs(new HpackDecoder(limits), encodeHeaders(fields)), fields)
  })

  it('checks long values in linear time', () => {
    const value = `a${' '.repeat(100_000)}`
    assert.throws(() => encodeHeaders([['x', value]]), TypeError)
  })
})
