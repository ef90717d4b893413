// The two clocks, and what happens at regular moments.

import assert from 'node:assert/strict'
import { mock, test } from 'node:test'
import { ManualClock } from '../../src/store/manual-clock.ts'
import { RegularCheck } from '../../src/store/regular-check.ts'
import { systemClock } from '../../src/store/system-clock.ts'

test('ManualClock.advance calls what falls due, in order and in its time', () => {
  const clock = new ManualClock(100)
  const calls: string[] = []
  const note = (name: string) => () => {
    calls.push(`${name}@${clock.now()}`)
  }
  clock.after(20, note('b'))
  clock.after(10, () => {
    note('a')()
    clock.after(5, note('within'))
    clock.after(50, note('late'))
  })
  clock.after(20, note('c'))
  const cancel = clock.after(12, note('canceled'))
  cancel()
  cancel()
  clock.advance(19)
  assert.deepEqual(calls.splice(0), ['a@110', 'within@115'])
  clock.advance(1)
  assert.deepEqual(calls.splice(0), ['b@120', 'c@120'])
  assert.equal(clock.waiting, 1)
  clock.advance(-5)
  assert.equal(clock.now(), 120)
  clock.advance(1000)
  assert.deepEqual(calls, ['late@160'])
  assert.equal(clock.now(), 1120)
})

test('ManualClock calls without delay need no one to move it', async () => {
  const clock = new ManualClock()
  let called = 0
  clock.after(0, () => {
    called += 1
  })
  const cancel = clock.after(-1, () => {
    called += 10
  })
  cancel()
  assert.equal(called, 0)
  await Promise.resolve()
  assert.equal(called, 1)
  clock.advance(10)
  assert.equal(called, 1)
})

test('systemClock waits as long as it is told, even longer than a timer can', () => {
  mock.timers.enable({ apis: ['setTimeout'] })
  let elapsed = 0
  const time = mock.method(performance, 'now', () => elapsed)
  const tick = (ms: number): void => {
    elapsed += ms
    mock.timers.tick(ms)
  }
  try {
    let called = 0
    const run = () => {
      called += 1
    }
    systemClock.after(2 ** 31 + 1000, run)
    const cancel = systemClock.after(2 ** 31 + 1000, run)
    tick(2 ** 31 - 1)
    cancel()
    tick(1000)
    assert.equal(called, 0)
    tick(1)
    assert.equal(called, 1)
  } finally {
    time.mock.restore()
    mock.timers.reset()
  }
})

test('systemClock goes on, and calls back', async () => {
  const before = systemClock.now()
  await new Promise<void>((resolve) => {
    const keepAlive = setInterval(() => {}, 1000)
    systemClock.after(2, () => {
      clearInterval(keepAlive)
      resolve()
    })
    systemClock.after(1, () => assert.fail('was called off'))()
  })
  assert.ok(systemClock.now() > before)
})

test('RegularCheck calls at multiples of its period, only where there is something to do', () => {
  const clock = new ManualClock(30)
  const calls: number[] = []
  let next: number | undefined
  const check = new RegularCheck(clock, 100, () => {
    calls.push(clock.now())
    return next
  })
  clock.advance(1000)
  assert.deepEqual(calls, [])
  check.scheduleFor(1330)
  check.scheduleFor(1250)
  check.scheduleFor(1400)
  next = 1501
  clock.advance(400)
  assert.deepEqual(calls.splice(0), [1330])
  next = undefined
  clock.advance(400)
  assert.deepEqual(calls.splice(0), [1530])
  check.scheduleFor(0)
  clock.advance(100)
  assert.deepEqual(calls.splice(0), [1930])
  check.scheduleFor(5000)
  check.close()
  check.scheduleFor(5000)
  assert.equal(clock.waiting, 0)
})
