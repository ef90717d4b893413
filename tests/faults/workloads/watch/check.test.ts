// The check of watches finds what it is for, and nothing else.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import type { Change } from '../../history/describe.ts'
import { Random } from '../../schedule/random.ts'
import { findWatchFault, type KnownHistory, type WatchRecord } from './check.ts'
import { planWatcher, type WatchPlan } from './plan.ts'

const plan: WatchPlan = {
  ...planWatcher(new Random(1), 0, true),
  target: 'k',
  includes: (key) => key === 'k',
  previous: false,
  only: undefined,
}

function change(revision: number, key = 'k', type: Change['type'] = 'put'): Change {
  const text = `${revision} ${type} ${key}`
  return { revision, type, key, value: '', text, previous: undefined }
}

const changes = [
  change(2),
  change(3, 'other'),
  change(4),
  change(5, 'k', 'delete'),
  change(6),
  change(7, 'other'),
]
const mine = changes.filter(({ key }) => key === 'k')

function history(changes: readonly Change[], ...compactions: number[]): KnownHistory {
  return { changes, compactions, losesTombstones: false }
}

function faultOf(record: Partial<WatchRecord>, options: Partial<WatchPlan> = {}): string {
  const whole = { from: 2, told: mine, marks: [], to: 7, ...record }
  return findWatchFault({ ...plan, ...options }, whole, history(changes))?.kind ?? 'none'
}

it('findWatchFault finds nothing wrong with what was told right', () => {
  assert.equal(faultOf({}), 'none')
  assert.equal(faultOf({ from: 4, told: mine.slice(1) }), 'none')
  assert.equal(faultOf({ told: mine.slice(0, 2), to: undefined }), 'none')
  const puts = mine.filter(({ type }) => type === 'put')
  assert.equal(faultOf({ told: puts }, { only: 'put' }), 'none')
})

it('findWatchFault tells any event that is missing, told twice, or in the wrong place', () => {
  for (const [index, event] of mine.entries()) {
    assert.equal(faultOf({ told: mine.toSpliced(index, 1) }), 'lost-event', `without ${index}`)
    const twice = mine.toSpliced(index, 0, event)
    assert.equal(faultOf({ told: twice }), 'doubled-event', `${index} twice`)
  }
  assert.notEqual(faultOf({ told: mine.toReversed() }), 'none')
  assert.equal(faultOf({ told: [...mine, change(7, 'other')] }), 'wrong-event')
  assert.equal(faultOf({ from: 4 }), 'wrong-event')
  assert.equal(faultOf({}, { only: 'put' }), 'wrong-event')
})

it('findWatchFault tells progress that was told too early', () => {
  assert.equal(faultOf({ marks: [{ told: 2, revision: 4 }] }), 'none')
  assert.equal(faultOf({ marks: [{ told: 4, revision: 7 }] }), 'none')
  assert.equal(faultOf({ marks: [{ told: 2, revision: 5 }] }), 'false-progress')
})

it('findWatchFault wants the entry before where it was asked for, unless it is forgotten', () => {
  const before = { ...change(6), previous: 'the entry before' }
  const withPrevious = { ...plan, previous: true }
  const told = (previous: string | undefined): WatchRecord => {
    return { from: 6, told: [{ ...change(6), previous }], marks: [], to: 6 }
  }
  const kindOf = (previous: string | undefined, compacted: number): string | undefined =>
    findWatchFault(withPrevious, told(previous), history([before], compacted))?.kind
  assert.equal(kindOf('the entry before', 0), undefined)
  assert.equal(kindOf('another', 0), 'wrong-event')
  assert.equal(kindOf(undefined, 0), 'wrong-event')
  assert.equal(kindOf(undefined, 5), undefined)
  const unasked = findWatchFault(plan, told('the entry before'), history([before]))
  assert.equal(unasked?.kind, 'wrong-event')
})

it('findWatchFault does without a delete that an old etcd has forgotten, and without no other', () => {
  const told = mine.filter(({ revision }) => revision !== 5)
  const record = { from: 2, told, marks: [], to: 7 }
  const kindOf = (losesTombstones: boolean, compaction: number): string | undefined =>
    findWatchFault(plan, record, { changes, compactions: [compaction], losesTombstones })?.kind
  assert.equal(kindOf(true, 5), undefined)
  assert.equal(kindOf(true, 4), 'lost-event')
  assert.equal(kindOf(false, 5), 'lost-event')
})

it('findWatchFault tells whatever is changed in what was told', () => {
  const edit = fc.oneof(
    fc.nat(3).map((index) => (list: Change[]) => list.toSpliced(index, 1)),
    fc.nat(3).map((index) => (list: Change[]) => list.toSpliced(index, 0, change(99))),
    fc
      .tuple(fc.nat(3), fc.nat(3))
      .filter(([one, other]) => one !== other)
      .map(([one, other]) => (list: Change[]) => {
        const taken = list[one]
        return taken ? list.toSpliced(one, 1).toSpliced(other, 0, taken) : list
      }),
  )
  fc.assert(fc.property(edit, (change) => faultOf({ told: change([...mine]) }) !== 'none'))
})
