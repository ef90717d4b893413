import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { KeyValue } from '@etcdkit/protocol'
import { bytes, type Codec, json, text } from '../../src/v3/codec.ts'
import { Entry } from '../../src/v3/entry.ts'

const encoded = (value: string): Uint8Array => new TextEncoder().encode(value)

const kv = KeyValue.create({
  key: encoded('apps/web'),
  value: encoded('{"port":80}'),
  createRevision: 3,
  modRevision: 5,
  version: 2,
  lease: '7587862094500000000',
})

describe('Entry', () => {
  it('shows a key without the prefix, its value, and where it stands', () => {
    const entry = new Entry(kv, { codec: json(), prefixLength: 5 })
    assert.equal(entry.key, 'web')
    assert.deepEqual(entry.value, { port: 80 })
    assert.deepEqual(
      [entry.createRevision, entry.modRevision, entry.version, entry.lease],
      [3, 5, 2, '7587862094500000000'],
    )
    assert.deepEqual([...entry.keyBytes], [...encoded('web')])
    assert.equal(entry.valueBytes, kv.value)
  })

  it('has no lease when the key has none', () => {
    assert.equal(new Entry(KeyValue.create(), { codec: text, prefixLength: 0 }).lease, undefined)
  })

  it('decodes the value once, and only when asked', () => {
    let decoded = 0
    const codec: Codec<string> = {
      encode: encoded,
      decode: () => {
        decoded += 1
        return 'x'
      },
    }
    const entry = new Entry(kv, { codec, prefixLength: 0 })
    assert.equal(decoded, 0)
    assert.equal(entry.value + entry.value, 'xx')
    assert.equal(decoded, 1)
  })

  it('throws decode-failed naming the key for a value the codec cannot decode', () => {
    const entry = new Entry({ ...kv, value: encoded('{') }, { codec: json(), prefixLength: 5 })
    assert.throws(() => entry.value, {
      name: 'EtcdError',
      code: 'decode-failed',
      message: /^Cannot decode the value of "web": /,
    })
  })

  it('throws decode-failed pointing to keyBytes for a key that is not UTF-8', () => {
    const entry = new Entry(
      { ...kv, key: new Uint8Array([0xff, 1]) },
      { codec: text, prefixLength: 0 },
    )
    assert.throws(() => entry.key, {
      code: 'decode-failed',
      message: 'Cannot decode the key 0xff01: not UTF-8, see keyBytes',
    })
    assert.deepEqual([...entry.keyBytes], [0xff, 1])
  })

  it('is shown by JSON.stringify and console.log, bytes as base64', () => {
    const shown = {
      key: 'web',
      value: { port: 80 },
      createRevision: 3,
      modRevision: 5,
      version: 2,
      lease: '7587862094500000000',
    }
    const entry = new Entry(kv, { codec: json(), prefixLength: 5 })
    assert.deepEqual(JSON.parse(JSON.stringify(entry)), shown)
    assert.match(inspect(entry), /key: 'web'/)
    const odd = KeyValue.create({ key: new Uint8Array([255]), value: new Uint8Array([1]) })
    assert.equal(
      JSON.stringify(new Entry(odd, { codec: bytes, prefixLength: 0 })),
      '{"keyBase64":"/w==","valueBase64":"AQ==","createRevision":0,"modRevision":0,"version":0}',
    )
  })
})
