// Who is told of events, and what is kept for readers that are behind.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ClientEvent, EventSink } from '@etcdkit/protocol'
import { EventHub } from '../../src/v3/event-hub.ts'

const event = (n: number): ClientEvent => ({ type: 'connected', endpoint: `${n}` })

/** A hub, and where events were to be sent the last time it said so. */
function hubOf(tapped = false) {
  const seen: ClientEvent[] = []
  const state: { sink: EventSink | undefined; switches: number } = { sink: undefined, switches: 0 }
  const tap = { active: tapped, emit: (each: ClientEvent): unknown => seen.push(each) }
  const hub = new EventHub((sink) => {
    state.sink = sink
    state.switches++
  }, tap)
  return { hub, seen, state, tap }
}

describe('EventHub', () => {
  it('is active, and tells the transport where to send events, while somebody reads', async () => {
    const { hub, state } = hubOf()
    assert.deepEqual([hub.active, state.sink], [false, undefined])
    const [first, second] = [hub.events(), hub.events()]
    assert.deepEqual([hub.active, state.switches], [true, 1])
    state.sink?.(event(1))
    hub.emit(event(2))
    for (const reader of [first, second]) {
      assert.deepEqual((await reader.next()).value, event(1))
      assert.deepEqual((await reader.next()).value, event(2))
    }
    await first.return?.()
    assert.equal(hub.active, true)
    await second.return?.()
    await second.return?.()
    assert.deepEqual([hub.active, state.sink, state.switches], [false, undefined, 2])
    hub.emit(event(3))
    assert.equal((await first.next()).done, true)
  })

  it('answers those who wait in the order they asked, and ends them when it is closed', async () => {
    const { hub, state } = hubOf()
    const reader = hub.events()
    const asked = [reader.next(), reader.next(), reader.next()]
    hub.emit(event(1))
    hub.emit(event(2))
    hub.close()
    assert.deepEqual(
      (await Promise.all(asked)).map(({ value }) => value),
      [event(1), event(2), undefined],
    )
    assert.equal(state.sink, undefined)
    assert.equal((await hub.events().next()).done, true)
  })

  it('hands out what came before it was closed', async () => {
    const { hub } = hubOf()
    const reader = hub.events()
    hub.emit(event(1))
    hub.close()
    const read: unknown[] = []
    for await (const each of reader) read.push(each)
    assert.deepEqual(read, [event(1)])
  })

  it('drops the oldest of more than 1,024 events that wait for a reader, and says how many', async () => {
    const { hub } = hubOf()
    const reader = hub.events()
    for (let n = 0; n < 1030; n++) hub.emit(event(n))
    assert.deepEqual((await reader.next()).value, { type: 'dropped', count: 6 })
    for (let n = 6; n < 1030; n++) assert.deepEqual((await reader.next()).value, event(n))
    hub.emit(event(2000))
    assert.deepEqual((await reader.next()).value, event(2000))
  })

  it('tells the tap what is not told by the transport, while anyone listens there', () => {
    const { hub, seen, tap } = hubOf(true)
    assert.equal(hub.active, true)
    hub.emit(event(1))
    hub.tell(event(2))
    tap.active = false
    assert.equal(hub.active, false)
    hub.emit(event(3))
    assert.deepEqual(seen, [event(1)])
  })
})
