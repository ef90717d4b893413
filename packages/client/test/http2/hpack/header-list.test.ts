import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HpackDecoder } from '../../../src/http2/hpack/decoder.ts'
import { encodeHeaders } from '../../../src/http2/hpack/encoder.ts'
import { HpackError } from '../../../src/http2/hpack/errors.ts'
import { HeaderList } from '../../../src/http2/hpack/header-list.ts'
import { concat, decodeAll, decodePairs, fromHex, toPairs } from './bytes.ts'

describe('HeaderList', () => {
  const list = new HeaderList(
    [
      ...[':status', '200', 'content-type', 'application/grpc', 'x', '1', 'x', '2'],
      ...['grpc-status', '5', 'grpc-status', '0', 'grpc-message', 'not%20found'],
    ],
    false,
  )

  it('has the fields a gRPC client asks for, the first of each', () => {
    assert.equal(list.status, '200')
    assert.equal(list.contentType, 'application/grpc')
    assert.equal(list.grpcStatus, '5')
    assert.equal(list.grpcMessage, 'not%20found')
  })

  it('gets the first field of a name', () => {
    assert.equal(list.get('x'), '1')
    assert.equal(list.get(':status'), '200')
    assert.equal(list.get('1'), undefined)
  })

  it('iterates in order, repeated names included', () => {
    assert.deepEqual(
      toPairs(list).filter(([name]) => name === 'x'),
      [
        ['x', '1'],
        ['x', '2'],
      ],
    )
    assert.equal(list.length, 7)
    assert.deepEqual([...list][1], { name: 'content-type', value: 'application/grpc' })
  })

  it('has undefined for what was not sent', () => {
    const empty = new HeaderList([], false)
    assert.deepEqual(
      [empty.status, empty.contentType, empty.grpcStatus, empty.grpcMessage, empty.length],
      [undefined, undefined, undefined, undefined, 0],
    )
  })
})

describe('a header list over maxListSize', () => {
  /** `:status: 200` counts 42, and `a: b` 34. */
  const atLimit = { maxTableSize: 4096, maxListSize: 42 + 34 }
  const insert = fromHex('88 4001 6101 62')

  it('is not one at exactly that size', () => {
    const list = decodeAll(new HpackDecoder(atLimit), insert)
    assert.equal(list.tooLarge, false)
    assert.equal(list.length, 2)
  })

  it('is tooLarge and empty one byte beyond', () => {
    const list = decodeAll(new HpackDecoder({ ...atLimit, maxListSize: 75 }), insert)
    assert.equal(list.tooLarge, true)
    assert.equal(list.length, 0)
    assert.equal(list.status, undefined)
  })

  it('keeps the table in step', () => {
    const decoder = new HpackDecoder(atLimit)
    const tooMuch = concat(insert, fromHex('88 88 4001 6301 64'))
    assert.equal(decodeAll(decoder, tooMuch).tooLarge, true)
    assert.deepEqual(decodePairs(decoder, fromHex('be bf')), [
      ['c', 'd'],
      ['a', 'b'],
    ])
  })

  it('is still an HpackError if malformed at its end', () => {
    const block = concat(insert, fromHex('88 88 88 80'))
    assert.throws(() => decodeAll(new HpackDecoder(atLimit), block), HpackError)
  })

  it('is the same when it comes again', () => {
    const decoder = new HpackDecoder(atLimit)
    const block = fromHex('88 88 88')
    for (let i = 0; i < 3; i++) assert.equal(decodeAll(decoder, block).tooLarge, true)
    assert.equal(decodeAll(decoder, fromHex('88')).status, '200')
  })

  it('does not grow with references to one large entry', () => {
    const decoder = new HpackDecoder({ maxTableSize: 4096, maxListSize: 16_384 })
    const value = 'v'.repeat(4000)
    const literal = encodeHeaders([['x', value]])
    literal[0] = 0x40
    const bomb = concat(literal, new Uint8Array(1_000_000).fill(0xbe))
    const list = decodeAll(decoder, bomb)
    assert.equal(list.tooLarge, true)
    assert.equal(list.length, 0)
    assert.deepEqual(decodePairs(decoder, fromHex('be')), [['x', value]])
  })
})
