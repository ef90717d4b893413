// The machine's clock calls back when the time is over, not before.

import assert from 'node:assert/strict'
import { it, mock } from 'node:test'
import { systemClock } from '../../src/store/system-clock.ts'

it('systemClock.after is never early, though the event loop has not looked at the time for a while', async () => {
  for (let delayMs = 0; delayMs < 20; delayMs += 3) {
    await new Promise((resolve) => setImmediate(resolve))
    const busyUntil = performance.now() + 15
    while (performance.now() < busyUntil);
    const start = systemClock.now()
    const tookMs = await new Promise<number>((resolve) => {
      const keepAlive = setTimeout(() => {}, 10_000)
      systemClock.after(delayMs, () => {
        clearTimeout(keepAlive)
        resolve(systemClock.now() - start)
      })
    })
    assert.ok(tookMs >= delayMs, `${tookMs} ms instead of ${delayMs}`)
  }
})

it('systemClock.after can be called off, again after it has waited on', () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  let elapsed = 0
  const time = mock.method(performance, 'now', () => elapsed)
  try {
    let calls = 0
    const callOff = systemClock.after(5, () => calls++)
    // The timer is over too soon, and waits on for the rest.
    elapsed = 4
    mock.timers.tick(5)
    callOff()
    elapsed = 10
    mock.timers.tick(5)
    assert.equal(calls, 0)
  } finally {
    time.mock.restore()
    mock.timers.reset()
  }
})
