// Where a watch goes on from, and what it leaves out.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Event } from '@etcdkit/protocol'
import { WatchPosition } from '../../../src/v3/watch/watch-position.ts'

function eventsAt(...revisions: readonly number[]): Event[] {
  return revisions.map((modRevision) => ({
    ...Event.create(),
    kv: {
      ...{ key: new Uint8Array([97]), value: new Uint8Array(), lease: '0' },
      ...{ createRevision: 1, modRevision, version: 1 },
    },
  }))
}

function revisionsOf(events: readonly Event[]): (number | undefined)[] {
  return events.map(({ kv }) => kv?.modRevision)
}

it('WatchPosition.deliver leaves out what comes before the revision the watch was to start from', () => {
  // A member that is behind takes a start in its future, and may tell what it catches up with.
  const position = new WatchPosition(10)
  position.created(7)
  assert.deepEqual(revisionsOf(position.deliver(eventsAt(8, 9))), [])
  assert.equal(position.next, 10)
  assert.deepEqual(revisionsOf(position.deliver(eventsAt(9, 10, 11))), [10, 11])
  assert.equal(position.next, 12)
})

it('WatchPosition.deliver leaves out what comes before the store revision that a watch without start was made at', () => {
  const position = new WatchPosition(0)
  position.created(7)
  assert.deepEqual(revisionsOf(position.deliver(eventsAt(6, 7, 8))), [8])
  assert.equal(position.next, 9)
  // Made anew after its stream broke, it goes on as it was.
  position.created(20)
  assert.deepEqual(revisionsOf(position.deliver(eventsAt(8, 9))), [9])
})
