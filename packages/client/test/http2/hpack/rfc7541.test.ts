// The examples of RFC 7541, appendix C, decoded and encoded.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HpackDecoder } from '../../../src/http2/hpack/decoder.ts'
import { HpackError } from '../../../src/http2/hpack/errors.ts'
import { decodeAll, decodePairs, fromHex, type Pair, toHex } from './bytes.ts'
import { ReferenceEncoder } from './reference-encoder.ts'

interface Step {
  readonly hex: string
  readonly fields: readonly Pair[]
  /** The dynamic table after the step, newest first. */
  readonly table: readonly Pair[]
  readonly size: number
}

interface Example {
  readonly name: string
  readonly huffman: boolean
  readonly tableSize: number
  readonly steps: readonly Step[]
}

const authority: Pair = [':authority', 'www.example.com']
const noCache: Pair = ['cache-control', 'no-cache']
const custom: Pair = ['custom-key', 'custom-value']
const get: Pair = [':method', 'GET']

const requests = [
  {
    fields: [get, [':scheme', 'http'], [':path', '/'], authority],
    table: [authority],
    size: 57,
  },
  {
    fields: [get, [':scheme', 'http'], [':path', '/'], authority, noCache],
    table: [noCache, authority],
    size: 110,
  },
  {
    fields: [get, [':scheme', 'https'], [':path', '/index.html'], authority, custom],
    table: [custom, noCache, authority],
    size: 164,
  },
] as const

const isPrivate: Pair = ['cache-control', 'private']
const date21: Pair = ['date', 'Mon, 21 Oct 2013 20:13:21 GMT']
const date22: Pair = ['date', 'Mon, 21 Oct 2013 20:13:22 GMT']
const location: Pair = ['location', 'https://www.example.com']
const gzip: Pair = ['content-encoding', 'gzip']
const cookie: Pair = ['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1']

const responses = [
  {
    fields: [[':status', '302'], isPrivate, date21, location],
    table: [location, date21, isPrivate, [':status', '302']],
    size: 222,
  },
  {
    fields: [[':status', '307'], isPrivate, date21, location],
    table: [[':status', '307'], location, date21, isPrivate],
    size: 222,
  },
  {
    fields: [[':status', '200'], isPrivate, date22, location, gzip, cookie],
    table: [cookie, gzip, date22],
    size: 215,
  },
] as const

const examples: readonly Example[] = [
  {
    name: 'C.3: requests without Huffman coding',
    huffman: false,
    tableSize: 4096,
    steps: withHex(requests, [
      '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '8286 84be 5808 6e6f 2d63 6163 6865',
      '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
    ]),
  },
  {
    name: 'C.4: requests with Huffman coding',
    huffman: true,
    tableSize: 4096,
    steps: withHex(requests, [
      '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
      '8286 84be 5886 a8eb 1064 9cbf',
      '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
    ]),
  },
  {
    name: 'C.5: responses without Huffman coding',
    huffman: false,
    tableSize: 256,
    steps: withHex(responses, [
      `4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133
       2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70
       6c65 2e63 6f6d`,
      '4803 3330 37c1 c0bf',
      `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d
       54c0 5a04 677a 6970 7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049
       5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e
       3d31`,
    ]),
  },
  {
    name: 'C.6: responses with Huffman coding',
    huffman: true,
    tableSize: 256,
    steps: withHex(responses, [
      `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6
       2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3`,
      '4883 640e ffc1 c0bf',
      `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab
       77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f
       9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
    ]),
  },
]

function withHex(steps: readonly Omit<Step, 'hex'>[], dumps: readonly string[]): Step[] {
  return steps.map((step, i) => ({ ...step, hex: (dumps[i] ?? '').replace(/\s/g, '') }))
}

describe('HpackDecoder decodes the examples of RFC 7541', () => {
  it('C.2.1: literal with indexing', () => {
    const decoder = new HpackDecoder({ maxTableSize: 4096, maxListSize: 8192 })
    const block = fromHex('400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572')
    assert.deepEqual(decodePairs(decoder, block), [['custom-key', 'custom-header']])
    assert.deepEqual(decodePairs(decoder, fromHex('be')), [['custom-key', 'custom-header']])
  })

  for (const [name, hex, field] of [
    [
      'C.2.2: literal without indexing',
      '040c 2f73 616d 706c 652f 7061 7468',
      [':path', '/sample/path'],
    ],
    [
      'C.2.3: literal never indexed',
      '1008 7061 7373 776f 7264 0673 6563 7265 74',
      ['password', 'secret'],
    ],
    ['C.2.4: indexed', '82', get],
  ] as const) {
    it(`${name}, which leaves the table empty`, () => {
      const decoder = new HpackDecoder({ maxTableSize: 4096, maxListSize: 8192 })
      assert.deepEqual(decodePairs(decoder, fromHex(hex)), [field])
      assert.throws(() => decodeAll(decoder, fromHex('be')), HpackError)
    })
  }

  for (const { name, tableSize, steps } of examples) {
    it(name, () => {
      const decoder = new HpackDecoder({ maxTableSize: tableSize, maxListSize: 8192 })
      for (const { hex, fields, table } of steps) {
        assert.deepEqual(decodePairs(decoder, fromHex(hex)), fields)
        const indices = Uint8Array.from(table, (_, i) => 0x80 | (62 + i))
        assert.deepEqual(decodePairs(decoder, indices), table)
      }
      const beyond = 0x80 | (62 + (steps.at(-1)?.table.length ?? 0))
      assert.throws(() => decodeAll(decoder, Uint8Array.of(beyond)), HpackError)
    })
  }
})

describe('the reference encoder makes the examples of RFC 7541', () => {
  for (const { name, huffman, tableSize, steps } of examples) {
    it(name, () => {
      const encoder = new ReferenceEncoder({ huffman })
      encoder.resize(tableSize)
      encoder.encode([])
      for (const { hex, fields, table, size } of steps) {
        assert.equal(toHex(encoder.encode(fields.map(([n, v]) => [n, v, 'index']))), hex)
        assert.deepEqual(encoder.entries, table)
        assert.equal(encoder.size, size)
      }
    })
  }
})
