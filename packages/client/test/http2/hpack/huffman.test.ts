import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { HpackError } from '../../../src/http2/hpack/errors.ts'
import { decodeHuffman, encodeHuffman, huffmanLength } from '../../../src/http2/hpack/huffman.ts'
import { codeLengths, codes, END_OF_STRING } from '../../../src/http2/hpack/huffman-code.ts'
import { fromHex, toHex } from './bytes.ts'

function encode(text: string): Uint8Array {
  const target = new Uint8Array(huffmanLength(text))
  assert.equal(encodeHuffman(text, target, 0), target.length)
  return target
}

function decode(bytes: Uint8Array): string {
  return decodeHuffman(bytes, 0, bytes.length)
}

/** The codes of these symbols one after the other, then `padding`: what a sender gone wrong might send. */
function encodeSymbols(symbols: readonly number[], padding = ''): Uint8Array {
  const bits = symbols.map((s) => (codes[s] ?? 0).toString(2).padStart(codeLengths[s] ?? 0, '0'))
  const octets = (bits.join('') + padding).match(/[01]{8}/g) ?? []
  return Uint8Array.from(octets, (octet) => Number.parseInt(octet, 2))
}

const octets = fc.uint8Array({ maxLength: 200 }).map((o) => Buffer.from(o).toString('latin1'))

describe('the Huffman code', () => {
  for (const [symbol, code, bits] of [
    [0, 0x1ff8, 13],
    [10, 0x3ffffffc, 30],
    [0x30, 0x0, 5],
    [0x7a, 0x7b, 7],
    [0x7f, 0xffffffc, 28],
    [0xf9, 0xffffffe, 28],
    [0xff, 0x3ffffee, 26],
    [END_OF_STRING, 0x3fffffff, 30],
  ] as const) {
    it(`is that of RFC 7541 for symbol ${symbol}`, () => {
      assert.equal(codes[symbol], code)
      assert.equal(codeLengths[symbol], bits)
    })
  }

  it('is complete', () => {
    assert.equal(codeLengths.length, 257)
    assert.equal(
      codeLengths.reduce((sum, bits) => sum + 2 ** -bits, 0),
      1,
    )
  })
})

describe('encodeHuffman and decodeHuffman', () => {
  for (const [text, hex] of [
    ['', ''],
    ['www.example.com', 'f1e3c2e5f23a6ba0ab90f4ff'],
    ['no-cache', 'a8eb10649cbf'],
    ['302', '6402'],
    ['Mon, 21 Oct 2013 20:13:21 GMT', 'd07abe941054d444a8200595040b8166e082a62d1bff'],
  ] as const) {
    it(`agree on ${JSON.stringify(text)} as RFC 7541 has it`, () => {
      assert.equal(toHex(encode(text)), hex)
      assert.equal(decode(fromHex(hex)), text)
    })
  }

  it('are inverse for any octets', () => {
    fc.assert(fc.property(octets, (text) => assert.equal(decode(encode(text)), text)))
  })

  it('are inverse for each octet after each other', () => {
    for (let first = 0; first < 256; first++) {
      const text = Array.from({ length: 256 }, (_, i) => String.fromCharCode(first, i)).join('')
      assert.equal(decode(encode(text)), text)
    }
  })

  it('are inverse for strings longer than the scratch space', () => {
    for (const unit of ['0', '\x00z', '\xff\x0a~']) {
      for (const length of [4095, 4096, 4097, 20_000]) {
        const text = unit.repeat(length)
        assert.equal(decode(encode(text)), text)
      }
    }
  })
})

describe('encodeHuffman', () => {
  it('writes at the position given and nowhere else', () => {
    fc.assert(
      fc.property(octets, fc.nat(20), (text, position) => {
        const target = new Uint8Array(position + huffmanLength(text) + 3).fill(0xa5)
        const end = encodeHuffman(text, target, position)
        assert.equal(decodeHuffman(target, position, end), text)
        assert.ok(target.subarray(0, position).every((octet) => octet === 0xa5))
        assert.equal(toHex(target.subarray(end)), 'a5a5a5')
      }),
    )
  })
})

describe('decodeHuffman', () => {
  const zero = 0x30
  for (const [name, bytes] of [
    ['padding of 8 bits', Uint8Array.of(0xff)],
    ['padding of 8 bits after a symbol', encodeSymbols([0x26], '1'.repeat(8))],
    ['padding of 23 bits', encodeSymbols([zero, zero, zero], '1'.repeat(17))],
    ['padding with a zero', encodeSymbols([zero], '110')],
    ['padding of zeros', encodeSymbols([zero], '000')],
    ['END_OF_STRING', encodeSymbols([END_OF_STRING], '11')],
    ['END_OF_STRING amid symbols', encodeSymbols([zero, END_OF_STRING, zero, zero, zero], '1')],
    ['a long code cut short', encodeSymbols([0x0a]).subarray(0, 2)],
  ] as const) {
    it(`throws HpackError on ${name}`, () => {
      assert.throws(() => decode(bytes), HpackError)
    })
  }

  it('takes padding of 1 to 7 ones', () => {
    for (let symbols = 1; symbols <= 7; symbols++) {
      const bytes = encodeSymbols(Array<number>(symbols).fill(zero), '1'.repeat(7))
      assert.equal(decode(bytes), '0'.repeat(symbols))
    }
  })

  it('takes no octets but those of an encoder', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 8 }), (bytes) => {
        let text: string
        try {
          text = decode(bytes)
        } catch (error) {
          assert.ok(error instanceof HpackError)
          return
        }
        assert.equal(toHex(encode(text)), toHex(bytes))
      }),
      { numRuns: 2000 },
    )
  })
})
