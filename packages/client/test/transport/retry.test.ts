// Which failed calls may be sent again, and when.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EtcdError, KV, Watch } from '@etcdkit/protocol'
import { mayRetry, pauseBeforeRetry } from '../../src/transport/retry.ts'

const error = new EtcdError('for the test', { code: 'unavailable' })

describe('mayRetry', () => {
  const unprocessed = { error, unprocessed: true, transient: true }
  const transient = { error, unprocessed: false, transient: true }
  const final = { error, unprocessed: false, transient: false }
  const table = [
    ['a read', KV.range, {}, unprocessed, true],
    ['a read', KV.range, {}, transient, true],
    ['a read', KV.range, {}, final, false],
    ['a write', KV.put, {}, unprocessed, true],
    ['a write', KV.put, {}, transient, false],
    ['a write', KV.put, {}, final, false],
    ['a write that may be repeated', KV.put, { repeatable: true }, transient, true],
    ['a write that may be repeated', KV.put, { repeatable: true }, final, false],
    ['a stream', Watch.watch, {}, unprocessed, false],
    ['a stream', Watch.watch, { repeatable: true }, transient, false],
  ] as const
  for (const [name, method, options, failure, expected] of table) {
    const kind = failure.unprocessed ? 'unprocessed' : failure.transient ? 'transient' : 'final'
    it(`${expected ? 'sends' : 'does not send'} ${name} again after a failure that is ${kind}`, () => {
      assert.equal(mayRetry(method, options, failure, 1), expected)
    })
  }

  it('gives up after a hundred attempts', () => {
    assert.equal(mayRetry(KV.range, undefined, unprocessed, 99), true)
    assert.equal(mayRetry(KV.range, undefined, unprocessed, 100), false)
  })
})

describe('pauseBeforeRetry', () => {
  it('is none while there are endpoints untried, then grows to half a second', () => {
    assert.deepEqual([pauseBeforeRetry(1, 3), pauseBeforeRetry(2, 3)], [0, 0])
    for (const [attempts, longest] of [
      [3, 25],
      [4, 50],
      [5, 100],
      [50, 500],
    ] as const) {
      for (let count = 0; count < 50; count++) {
        const pauseMs = pauseBeforeRetry(attempts, 3)
        assert(pauseMs >= longest / 2 && pauseMs <= longest, `${pauseMs} ms`)
      }
    }
  })
})
