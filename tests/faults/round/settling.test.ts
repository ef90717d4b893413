// What does not settle is noted; what does is handed on.

import assert from 'node:assert/strict'
import { it, mock } from 'node:test'
import { marginMs, NeverSettledError, Settling } from './settling.ts'
import { Violations } from './violations.ts'

it('Settling.within hands on what a promise settles with, and leaves no timer behind', async () => {
  const violations = new Violations()
  const settling = new Settling(violations)
  const before = process.getActiveResourcesInfo().length
  assert.equal(await settling.within(Promise.resolve(1), 1000, 'a'), 1)
  const error = new Error('no')
  await assert.rejects(settling.within(Promise.reject(error), 1000, 'a'), error)
  assert.equal(process.getActiveResourcesInfo().length, before)
  assert.equal(violations.count, 0)
})

it('Settling.within notes what is pending beyond its limit and the margin', async () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  try {
    const violations = new Violations()
    const waiting = new Settling(violations).within(new Promise(() => {}), 1000, 'a put')
    mock.timers.tick(1000 + marginMs)
    await assert.rejects(waiting, NeverSettledError)
    assert.deepEqual(
      violations.list.map(({ kind }) => kind),
      ['never-settled'],
    )
  } finally {
    mock.timers.reset()
  }
})
