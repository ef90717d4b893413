// Intervals that cover a point, against a look at each.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { IntervalIndex } from '../../src/store/interval-index.ts'

interface Step {
  readonly from: string
  readonly to: string
  readonly value: number
  readonly remove: boolean
}

const points = ['', 'a', 'ab', 'b', 'c', 'd', '\xff']

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    from: fc.constantFrom(...points),
    to: fc.constantFrom(...points, '\u0100'),
    value: fc.integer({ min: 0, max: 3 }),
    remove: fc.boolean(),
  }),
  { maxLength: 60, size: 'max' },
)

function at(index: IntervalIndex<number>, point: string): number[] {
  const found: number[] = []
  index.forEachAt(point, (value) => found.push(value))
  return found.sort()
}

test('IntervalIndex finds what covers a point, however it was filled', () => {
  fc.assert(
    fc.property(steps, fc.boolean(), (list, lookOften) => {
      const index = new IntervalIndex<number>()
      let naive: Step[] = []
      const check = () => {
        for (const point of points) {
          const expected = naive.filter(({ from, to }) => from <= point && point < to)
          assert.deepEqual(at(index, point), expected.map(({ value }) => value).sort())
        }
      }
      for (const step of list) {
        const { from, to, value, remove } = step
        const others = naive.filter(
          (each) => each.from !== from || each.to !== to || each.value !== value,
        )
        naive = remove ? others : [...others, step]
        if (remove) index.delete(from, to, value)
        else index.add(from, to, value)
        if (lookOften) check()
      }
      check()
    }),
  )
})
