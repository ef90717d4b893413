// Keys and values read where they lie: what they tell is what plain messages tell.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  DecodeError,
  KeyValue,
  KeyValueView,
  KV,
  RangeResponse,
  Watch,
  WatchResponse,
  withViews,
} from '@etcdkit/protocol'
import fc from 'fast-check'

const viewed = withViews(KV.range).output
const viewedWatch = withViews(Watch.watch).output

const anyBytes = fc.uint8Array({ maxLength: 20 })
const keyValue = fc.record({
  key: anyBytes,
  value: anyBytes,
  createRevision: fc.maxSafeNat(),
  modRevision: fc.maxSafeNat(),
  version: fc.maxSafeNat(),
  lease: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String),
})

function plain({ key, value, createRevision, modRevision, version, lease }: KeyValue): KeyValue {
  return { key, createRevision, modRevision, version, value, lease }
}

/** A length-delimited field. */
function field(number: number, content: Uint8Array): Uint8Array {
  return Uint8Array.of((number << 3) | 2, content.length, ...content)
}

test('views tell what plain messages tell, of answers and of events', () => {
  fc.assert(
    fc.property(fc.array(keyValue, { maxLength: 4 }), fc.boolean(), (kvs, inBuffer) => {
      const bytes = RangeResponse.encode({ kvs, count: kvs.length })
      const { kvs: views } = viewed.decode(inBuffer ? Buffer.from(bytes) : bytes)
      assert.ok(views.every((view) => view instanceof KeyValueView))
      assert.deepEqual(views.map(plain), RangeResponse.decode(bytes).kvs)
      const events = kvs.map((kv) => ({ kv, prevKv: kvs[0] }))
      const told = viewedWatch.decode(WatchResponse.encode({ events })).events
      const pairs = told.map(({ kv, prevKv }) => [kv && plain(kv), prevKv && plain(prevKv)])
      assert.deepEqual(
        pairs,
        kvs.map(KeyValue.create).map((kv) => [kv, KeyValue.create(kvs[0])]),
      )
    }),
  )
})

test('views tell texts, without the beginning of keys, and how large they are', () => {
  const bytes = RangeResponse.encode({
    kvs: [{ key: Buffer.from('app/grüße'), value: Buffer.from('wörld') }, {}],
  })
  const [first, empty] = viewed.decode(bytes).kvs
  assert.ok(first instanceof KeyValueView && empty instanceof KeyValueView)
  assert.equal(first.keyText(4), 'grüße')
  assert.equal(first.keyText(100), '')
  assert.equal(first.valueText(), 'wörld')
  assert.equal(first.size, Buffer.byteLength('app/grüßewörld'))
  assert.deepEqual([empty.keyText(0), empty.valueText(), empty.size], ['', '', 0])
})

test('views refuse texts that are none, and tell their bytes', () => {
  const bytes = RangeResponse.encode({ kvs: [{ key: Buffer.of(0xff), value: Buffer.of(0xc3) }] })
  const [view] = viewed.decode(bytes).kvs
  assert.ok(view instanceof KeyValueView)
  assert.throws(() => view.keyText(0), TypeError)
  assert.throws(() => view.valueText(), TypeError)
  assert.deepEqual([...view.key, ...view.value], [0xff, 0xc3])
})

test('a key and value in two parts is the sum of both', () => {
  const parts = [{ key: Buffer.from('a'), version: 3 }, { value: Buffer.from('b') }]
  const event = Buffer.concat(parts.map((part) => field(2, KeyValue.encode(part))))
  const bytes = field(11, event)
  assert.deepEqual(
    viewedWatch.decode(bytes).events.map(({ kv }) => kv && plain(kv)),
    WatchResponse.decode(bytes).events.map(({ kv }) => kv),
  )
})

test('what cannot be read is refused with its place', () => {
  const cutOff = Uint8Array.of(0x0a, 5, 0x61)
  const bytes = Uint8Array.of(...field(2, new Uint8Array(0)), ...field(2, cutOff))
  assert.throws(
    () => viewed.decode(bytes),
    (error) => {
      assert.ok(error instanceof DecodeError)
      const { typeName, path, offset } = error
      assert.deepEqual(
        { typeName, path, offset },
        { typeName: 'etcdserverpb.RangeResponse', path: 'kvs[1].key', offset: 5 },
      )
      return true
    },
  )
})

test('methods without answers of the generated kind stay as they are', () => {
  const output = { ...KV.range.output }
  const method = { ...KV.range, output }
  assert.equal(withViews(method), method)
})
