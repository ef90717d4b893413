// The wait between two attempts: how it ends, and what it leaves behind.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pause } from '../../src/v3/pause.ts'
import { flush, ManualClock } from './support/manual-clock.ts'

describe('pause', () => {
  it('ends after its time, not before, with a signal or without', async () => {
    for (const signal of [undefined, new AbortController().signal]) {
      const clock = new ManualClock()
      let isOver = false
      void pause(clock, 50, signal).then(() => {
        isOver = true
      })
      await clock.advance(49)
      assert.equal(isOver, false)
      await clock.advance(1)
      assert.equal(isOver, true)
      assert.equal(clock.pending, 0)
    }
  })

  it('ends with the signal, and leaves no timer', async () => {
    const clock = new ManualClock()
    const abort = new AbortController()
    const over = pause(clock, 50, abort.signal)
    await flush()
    assert.equal(clock.pending, 1)
    abort.abort(new Error('for the test'))
    await over
    assert.equal(clock.pending, 0)
  })

  it('takes no time when the signal is aborted already', async () => {
    const clock = new ManualClock()
    await pause(clock, 50, AbortSignal.abort())
    assert.deepEqual(clock.delays, [])
  })
})
