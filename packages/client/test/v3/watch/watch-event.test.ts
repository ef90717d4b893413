import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { Event, EventType } from '@etcdkit/protocol'
import { json, text } from '../../../src/v3/codec.ts'
import { watchEvent } from '../../../src/v3/watch/watch-event.ts'

const encoded = (value: string): Uint8Array => new TextEncoder().encode(value)
const kv = {
  key: encoded('apps/web'),
  value: encoded('{"port":80}'),
  createRevision: 3,
  modRevision: 5,
  version: 2,
}
const scope = { codec: json<{ port: number }>(), prefixLength: 5 }

describe('a watch event', () => {
  it('of a put shows the key as it is and as it was', () => {
    const prevKv = { ...kv, value: encoded('{"port":79}'), modRevision: 3, version: 1 }
    const event = watchEvent(Event.create({ kv, prevKv }), scope)
    assert.ok(event.type === 'put')
    assert.deepEqual([event.key, event.revision, event.created], ['web', 5, false])
    assert.deepEqual([...event.keyBytes], [...encoded('web')])
    assert.deepEqual([event.value.port, event.entry.version], [80, 2])
    assert.equal(event.entry, event.entry)
    assert.deepEqual([event.previous?.value.port, event.previous?.version], [79, 1])
    assert.equal(event.previous, event.previous)
  })

  it('of a put that made the key says so', () => {
    const event = watchEvent(Event.create({ kv: { ...kv, modRevision: 3 } }), scope)
    assert.equal(event.created, true)
  })

  it('of a delete has no entry and no value', () => {
    const event = watchEvent(
      Event.create({ type: EventType.DELETE, kv: { key: kv.key, modRevision: 9 }, prevKv: kv }),
      scope,
    )
    assert.deepEqual(
      [event.type, event.key, event.revision, event.created, event.entry, event.value],
      ['delete', 'web', 9, false, undefined, undefined],
    )
    assert.equal(event.previous?.value.port, 80)
  })

  it('is shown by JSON.stringify and console.log', () => {
    const put = watchEvent(Event.create({ kv }), scope)
    assert.deepEqual(JSON.parse(JSON.stringify(put)), {
      type: 'put',
      key: 'web',
      revision: 5,
      entry: { key: 'web', value: { port: 80 }, createRevision: 3, modRevision: 5, version: 2 },
    })
    assert.match(inspect(put), /type: 'put'/)
    const odd = { key: new Uint8Array([255]), modRevision: 9 }
    const deleted = watchEvent(Event.create({ type: EventType.DELETE, kv: odd, prevKv: odd }), {
      codec: text,
      prefixLength: 0,
    })
    assert.equal(JSON.parse(JSON.stringify(deleted)).keyBase64, '/w==')
  })
})
