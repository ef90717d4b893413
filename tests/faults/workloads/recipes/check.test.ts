// The checks of recipes find what they are for.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Change } from '../../history/describe.ts'
import { Tally } from '../../round/tally.ts'
import { Violations } from '../../round/violations.ts'
import { type Claim, checkHolders, fencedValue } from './check.ts'
import { checkCacheChanges, checkGoodValues, checkSamples, checkSteps } from './following-check.ts'
import { findObserverFault, leadersOf } from './leaders.ts'
import { primitives } from './primitives.ts'

function change(revision: number, key: string, value?: string): Change {
  const type = value === undefined ? 'delete' : 'put'
  return { revision, type, key, value, text: `${revision} ${key}`, previous: undefined }
}

function kindsOf(
  name: string,
  changes: readonly Change[],
  claims: readonly Claim[] = [],
): string[] {
  const primitive = primitives.find((each) => each.name === name)
  assert.ok(primitive)
  const violations = new Violations()
  checkHolders(primitive, { changes, claims }, { violations, tally: new Tally() })
  return violations.list.map(({ kind }) => kind)
}

it('checkHolders finds a holder who should have waited', () => {
  const queue = (name: string, ...keys: string[]): Change[] =>
    keys.map((key, index) => change(index + 2, `recipes/${name}/${key}`, ''))
  const write = (name: string, fence: number): Change =>
    change(9, `written/${name}`, fencedValue(fence, 0))
  assert.deepEqual(kindsOf('lock', [...queue('lock', 'a', 'b'), write('lock', 2)]), [])
  assert.deepEqual(kindsOf('lock', [...queue('lock', 'a', 'b'), write('lock', 3)]), ['two-holders'])
  const gone = change(5, 'recipes/lock/a')
  assert.deepEqual(kindsOf('lock', [...queue('lock', 'a', 'b'), gone, write('lock', 3)]), [])
  assert.deepEqual(kindsOf('lock', [...queue('lock', 'a'), gone, write('lock', 2)]), [
    'write-without-key',
  ])
  const three = queue('semaphore', 'a', 'b', 'c')
  assert.deepEqual(kindsOf('semaphore', [...three, write('semaphore', 3)]), [])
  assert.deepEqual(kindsOf('semaphore', [...three, write('semaphore', 4)]), ['two-holders'])
  const mixed = queue('rw', 'read/a', 'read/b', 'write/c', 'read/d')
  assert.deepEqual(kindsOf('rw', [...mixed, write('rw', 3)]), [])
  assert.deepEqual(kindsOf('rw', [...mixed, write('rw', 4)]), ['two-holders'])
  assert.deepEqual(kindsOf('rw', [...mixed, write('rw', 5)]), ['two-holders'])
  const proclaimed = change(8, 'recipes/election/b', 'x')
  assert.deepEqual(kindsOf('election', [...queue('election', 'a', 'b'), proclaimed]), [
    'two-holders',
  ])
  assert.deepEqual(kindsOf('lock', [...queue('lock', 'a', 'a')]), ['doubled-entry'])
  const claim = { holder: 'h', key: 'recipes/lock/a', fence: 3 }
  assert.deepEqual(kindsOf('lock', queue('lock', 'a'), [claim]), ['false-fence'])
})

it('findObserverFault finds a leader that was left out, and excuses what was compacted', () => {
  const [election] = primitives.filter(({ name }) => name === 'election')
  assert.ok(election)
  const states = leadersOf(election, [
    change(2, 'recipes/election/a', ''),
    change(3, 'recipes/election/b', ''),
    change(4, 'recipes/election/a', 'again'),
    change(5, 'recipes/election/a'),
    change(6, 'recipes/election/b'),
  ])
  assert.deepEqual(
    states.map(({ leading }) => leading),
    [0, 2, 4, 3, 0],
  )
  assert.equal(findObserverFault([0, 2, 4, 3, 0], states, []), undefined)
  assert.equal(findObserverFault([4, 3, 0], states, []), undefined)
  assert.ok(findObserverFault([0, 2, 3, 0], states, []))
  assert.equal(findObserverFault([0, 2, 3, 0], states, [5]), undefined)
  assert.ok(findObserverFault([0, 4, 2], states, [5]))
  assert.ok(findObserverFault([7], states, []))
  assert.ok(findObserverFault([], states, []))
})

it('the checks of followers find what differs from the history', () => {
  const changes = [
    change(2, 'data/a', '1'),
    change(3, 'data/live', 'good 1'),
    change(4, 'data/a', '2'),
    change(5, 'data/live', 'bad 2'),
    change(6, 'data/a'),
  ]
  const violations = new Violations()
  const report = { violations, tally: new Tally() }
  const good = [{ revision: 4, entries: ['data/a 2 4', 'data/live good 1 3'] }]
  checkSamples(good, changes, report)
  const steps = [
    { kind: 'replace', changes: ['2 data/a 1'], revision: 2 },
    { kind: 'apply', changes: ['3 data/live good 1', '4 data/a 2'], revision: 4 },
  ] as const
  checkSteps(steps, changes, report)
  checkCacheChanges([{ key: 'data/a', current: 4, previous: 2 }], changes, report)
  checkGoodValues(['good 1'], changes, report)
  assert.equal(violations.count, 0)
  checkSamples([{ revision: 6, entries: ['data/a 2 4'] }], changes, report)
  checkSteps([{ kind: 'apply', changes: ['2 data/a 1'], revision: 4 }], changes, report)
  checkCacheChanges([{ key: 'data/a', current: 3, previous: 4 }], changes, report)
  checkGoodValues(['bad 2'], changes, report)
  assert.deepEqual(
    violations.list.map(({ kind }) => kind),
    ['cache-differs', 'mirror-differs', 'cache-change-false', 'cache-change-back', 'live-differs'],
  )
})
