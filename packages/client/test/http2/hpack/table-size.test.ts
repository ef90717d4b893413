// The agreement on the table's size: updates in blocks, and our setting (RFC 7541, 4.2).

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HpackDecoder } from '../../../src/http2/hpack/decoder.ts'
import { HpackError } from '../../../src/http2/hpack/errors.ts'
import { decodeAll, decodePairs, fromHex } from './bytes.ts'

const limits = { maxTableSize: 4096, maxListSize: 8192 }
const insert = fromHex('4001 6101 62')
const newest = fromHex('be')
const update0 = '20'
const update100 = '3f45'
const update4096 = '3fe11f'

function decoderWithEntry(): HpackDecoder {
  const decoder = new HpackDecoder(limits)
  decodeAll(decoder, insert)
  return decoder
}

describe('a table size update', () => {
  it('evicts what no longer fits', () => {
    const decoder = decoderWithEntry()
    decodeAll(decoder, fromHex(update100))
    assert.deepEqual(decodePairs(decoder, newest), [['a', 'b']])
    decodeAll(decoder, fromHex(update0))
    assert.throws(() => decodeAll(decoder, newest), HpackError)
  })

  it('holds for insertions until the next', () => {
    const decoder = new HpackDecoder(limits)
    decodeAll(decoder, fromHex(update0))
    assert.deepEqual(decodePairs(decoder, insert), [['a', 'b']])
    assert.throws(() => decodeAll(decoder, newest), HpackError)
    decodeAll(decoder, fromHex(update4096))
    decodeAll(decoder, insert)
    assert.deepEqual(decodePairs(decoder, newest), [['a', 'b']])
  })

  it('may come twice before the first field, to clear the table and go on', () => {
    const decoder = decoderWithEntry()
    const block = fromHex(`${update0}${update4096}88`)
    assert.deepEqual(decodePairs(decoder, block), [[':status', '200']])
    assert.throws(() => decodeAll(decoder, newest), HpackError)
  })
})

describe('HpackDecoder.setMaxTableSize', () => {
  for (const [name, hex] of [
    ['no update', '88'],
    ['an update above it', `${update4096}88`],
    ['an update after the first field', `88${update0}`],
    ['nothing at all', ''],
  ] as const) {
    it(`makes a block with ${name} an HpackError after a reduction`, () => {
      const decoder = decoderWithEntry()
      decoder.setMaxTableSize(100)
      assert.throws(() => decodeAll(decoder, fromHex(hex)), HpackError)
    })
  }

  it('asks for an update after a reduction though nothing was ever in the table', () => {
    const decoder = new HpackDecoder(limits)
    assert.equal(decodeAll(decoder, fromHex('88')).status, '200')
    decoder.setMaxTableSize(0)
    assert.throws(() => decodeAll(decoder, fromHex('88')), HpackError)
  })

  it('asks for one update only', () => {
    const decoder = decoderWithEntry()
    decoder.setMaxTableSize(100)
    decodeAll(decoder, fromHex(`${update100}88`))
    assert.equal(decodeAll(decoder, fromHex('88')).status, '200')
  })

  it('keeps the entries that fit the new size', () => {
    const decoder = decoderWithEntry()
    decoder.setMaxTableSize(100)
    assert.deepEqual(decodePairs(decoder, fromHex(`${update100}be`)), [['a', 'b']])
  })

  it('asks for no update if the peer uses no more already', () => {
    const decoder = new HpackDecoder(limits)
    decodeAll(decoder, fromHex(update0))
    decoder.setMaxTableSize(100)
    assert.equal(decodeAll(decoder, fromHex('88')).status, '200')
  })

  it('asks for an update to the smallest of several, then allows the last', () => {
    const reduced = () => {
      const decoder = decoderWithEntry()
      decoder.setMaxTableSize(0)
      decoder.setMaxTableSize(4096)
      return decoder
    }
    assert.throws(() => decodeAll(reduced(), fromHex(update4096)), HpackError)
    assert.throws(() => decodeAll(reduced(), fromHex('88')), HpackError)
    const decoder = reduced()
    decodeAll(decoder, fromHex(`${update0}${update4096}`))
    decodeAll(decoder, insert)
    assert.deepEqual(decodePairs(decoder, newest), [['a', 'b']])
  })

  it('lets the peer raise the size, and not beyond', () => {
    const decoder = new HpackDecoder({ ...limits, maxTableSize: 0 })
    assert.throws(() => decodeAll(decoder, fromHex(update4096)), HpackError)
    const raised = new HpackDecoder({ ...limits, maxTableSize: 0 })
    raised.setMaxTableSize(4096)
    decodeAll(raised, fromHex(update4096))
    decodeAll(raised, insert)
    assert.deepEqual(decodePairs(raised, newest), [['a', 'b']])
  })

  it('does not raise the size by itself: the peer goes on with the old one', () => {
    const decoder = new HpackDecoder({ ...limits, maxTableSize: 0 })
    decoder.setMaxTableSize(4096)
    decodeAll(decoder, insert)
    assert.throws(() => decodeAll(decoder, newest), HpackError)
  })
})
