// Tokens live as long as they are used, and no more of them than there is room for.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Tokens } from '../../../src/store/auth/tokens.ts'
import { ManualClock } from '../../../src/store/manual-clock.ts'

test('a token expires when it was not used for its time, and using it gives it its time anew', () => {
  const clock = new ManualClock()
  const tokens = new Tokens(clock, 5)
  tokens.assign('idle', 'ann')
  tokens.assign('used', 'ann')
  clock.advance(4000)
  assert.equal(tokens.userOf('used'), 'ann')
  clock.advance(3000)
  assert.equal(tokens.userOf('idle'), undefined)
  assert.equal(tokens.userOf('used'), 'ann')
  clock.advance(7000)
  assert.equal(tokens.userOf('used'), undefined)
  assert.equal(clock.waiting, 0)
})

test('forgetUser forgets the tokens of a user and no others, clear all', () => {
  const clock = new ManualClock()
  const tokens = new Tokens(clock, 5)
  tokens.assign('1', 'ann')
  tokens.assign('2', 'bob')
  tokens.assign('3', 'ann')
  tokens.forgetUser('ann')
  assert.deepEqual(
    ['1', '2', '3'].map((token) => tokens.userOf(token)),
    [undefined, 'bob', undefined],
  )
  tokens.clear()
  assert.equal(tokens.userOf('2'), undefined)
  tokens.assign('4', 'ann')
  tokens.close()
  assert.deepEqual([tokens.userOf('4'), clock.waiting], [undefined, 0])
})

test('beyond a hundred thousand the token longest unused is forgotten', () => {
  const clock = new ManualClock()
  const tokens = new Tokens(clock, 5)
  for (let n = 0; n < 100_000; n++) tokens.assign(`t${n}`, 'ann')
  assert.equal(tokens.userOf('t0'), 'ann')
  tokens.assign('one more', 'ann')
  assert.deepEqual(
    ['t0', 't1', 't2', 'one more'].map((token) => tokens.userOf(token)),
    ['ann', undefined, 'ann', 'ann'],
  )
  tokens.close()
})
