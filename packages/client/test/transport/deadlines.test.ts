// Deadlines of many calls with few timers, on a clock that the test moves.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type DeadlineList, Deadlines, type Timed } from '../../src/transport/deadlines.ts'
import { FakeClock } from '../http2/fake-clock.ts'

/** Something with a deadline that writes down when it expired. */
class Item implements Timed {
  deadline = 0
  deadlineList: DeadlineList | undefined = undefined
  previousTimed: Timed | undefined = undefined
  nextTimed: Timed | undefined = undefined
  expiredAt: number | undefined
  readonly #clock: FakeClock
  then: () => void = () => {}

  constructor(clock: FakeClock) {
    this.#clock = clock
  }

  expire(): void {
    assert.equal(this.expiredAt, undefined)
    this.expiredAt = this.#clock.nowMs
    this.then()
  }
}

describe('Deadlines', () => {
  it('expires each item once, at its time', () => {
    using clock = new FakeClock()
    const deadlines = new Deadlines()
    const start = clock.nowMs
    const items = [100, 50, 100].map((timeoutMs) => {
      const item = new Item(clock)
      deadlines.add(item, timeoutMs)
      clock.advance(10)
      return item
    })
    clock.advance(1000)
    assert.deepEqual(
      items.map((item) => (item.expiredAt ?? 0) - start),
      [100, 60, 120],
    )
    assert.equal(clock.timers.all, 0)
  })

  it('never expires what has no limit, or was removed', () => {
    using clock = new FakeClock()
    const deadlines = new Deadlines()
    const items = [0, Number.POSITIVE_INFINITY, -1, Number.NaN, 50].map((timeoutMs) => {
      const item = new Item(clock)
      deadlines.add(item, timeoutMs)
      return item
    })
    deadlines.remove(items[4] ?? assert.fail())
    clock.advance(10_000)
    assert(items.every((item) => item.expiredAt === undefined))
    // What has no limit keeps the process alive as well.
    assert.equal(clock.timers.referenced, 1)
    for (const item of items) deadlines.remove(item)
    for (const item of items) deadlines.remove(item)
    assert.equal(clock.timers.referenced, 0)
    deadlines.close()
  })

  it('uses one timer for a thousand calls of one limit', () => {
    using clock = new FakeClock()
    const deadlines = new Deadlines()
    for (let count = 0; count < 1000; count++) deadlines.add(new Item(clock), 5000)
    assert.equal(clock.timers.all, 1)
    deadlines.close()
    assert.equal(clock.timers.all, 0)
  })

  it('keeps the process alive while something is pending, and not longer', () => {
    using clock = new FakeClock()
    const deadlines = new Deadlines()
    const [first, second] = [new Item(clock), new Item(clock)]
    deadlines.add(first, 5000)
    deadlines.add(second, 5000)
    assert.equal(clock.timers.referenced, 1)
    deadlines.remove(first)
    assert.equal(clock.timers.referenced, 1)
    deadlines.remove(second)
    assert.equal(clock.timers.referenced, 0)
    deadlines.add(first, 5000)
    assert.equal(clock.timers.referenced, 1)
    deadlines.close()
  })

  it('can be added to from within an expiry', () => {
    using clock = new FakeClock()
    const deadlines = new Deadlines()
    const [first, second] = [new Item(clock), new Item(clock)]
    first.then = () => deadlines.add(second, 100)
    deadlines.add(first, 100)
    clock.advance(150)
    assert.equal(second.expiredAt, undefined)
    clock.advance(100)
    assert.equal((second.expiredAt ?? 0) - (first.expiredAt ?? 0), 100)
    assert.equal(clock.timers.all, 0)
  })

  it('stands limits beyond what timers can', () => {
    using clock = new FakeClock()
    const deadlines = new Deadlines()
    const item = new Item(clock)
    deadlines.add(item, 2 ** 40)
    clock.advance(2 ** 32)
    assert.equal(item.expiredAt, undefined)
    deadlines.close()
  })

  it('expires all that is due and nothing else, whatever is added and removed', () => {
    const step = fc.record({
      timeoutMs: fc.constantFrom(10, 25, 25.5, 100),
      waitMs: fc.nat(30),
      remove: fc.option(fc.nat(20)),
    })
    const property = fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      using clock = new FakeClock()
      const deadlines = new Deadlines()
      const items: { readonly item: Item; readonly dueAt: number; removedAt?: number }[] = []
      for (const { timeoutMs, waitMs, remove } of steps) {
        const item = new Item(clock)
        deadlines.add(item, timeoutMs)
        items.push({ item, dueAt: clock.nowMs + timeoutMs })
        clock.advance(waitMs)
        const removed = remove === null ? undefined : items[remove]
        if (removed === undefined || removed.item.expiredAt !== undefined) continue
        deadlines.remove(removed.item)
        removed.removedAt = clock.nowMs
      }
      clock.advance(1000)
      for (const { item, dueAt, removedAt } of items) {
        if (removedAt !== undefined) assert.equal(item.expiredAt, undefined)
        else
          assert(
            item.expiredAt !== undefined && item.expiredAt >= dueAt && item.expiredAt < dueAt + 2,
          )
      }
      assert.equal(clock.timers.all, 0)
    })
    fc.assert(property, { numRuns: 200 })
  })
})
