// Random numbers: the same from the same seed, and spread as they should be.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Random } from './random.ts'

const take = (random: Random, count: number): number[] =>
  Array.from({ length: count }, () => random.next())

it('Random gives the same numbers for the same seed, and others for the next', () => {
  assert.deepEqual(take(new Random(7), 100), take(new Random(7), 100))
  const shared = take(new Random(7), 1000).filter((n) => take(new Random(8), 1000).includes(n))
  assert.deepEqual(shared, [])
})

it('Random.fork is not disturbed by what is taken from its origin afterwards', () => {
  const one = new Random(1)
  const other = new Random(1)
  const fork = one.fork()
  take(one, 50)
  assert.deepEqual(take(fork, 50), take(other.fork(), 50))
})

it('Random.integer reaches both ends, and all between about as often', () => {
  const random = new Random(3)
  const counts = new Map<number, number>()
  for (let n = 0; n < 10_000; n++) {
    const value = random.integer(-2, 2)
    counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  assert.deepEqual(
    [...counts.keys()].toSorted((a, b) => a - b),
    [-2, -1, 0, 1, 2],
  )
  for (const count of counts.values()) assert.ok(count > 1800 && count < 2200, `${count}`)
})

it('Random.weighted and Random.chance keep to what they are told', () => {
  const random = new Random(4)
  const picks = Array.from({ length: 10_000 }, () =>
    random.weighted({ rare: 1, often: 3, never: 0 }),
  )
  const rare = picks.filter((pick) => pick === 'rare').length
  assert.ok(rare > 2300 && rare < 2700, `${rare}`)
  assert.ok(!picks.includes('never'))
  const hits = Array.from({ length: 10_000 }, () => random.chance(0.1)).filter(Boolean).length
  assert.ok(hits > 850 && hits < 1150, `${hits}`)
  assert.throws(() => random.pick([]), RangeError)
})
