// Which failed calls may be sent again, and when.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Auth, EtcdError, type EtcdErrorCode, KV, type Method, Watch } from '@etcdkit/protocol'
import type { Failure } from '../../src/transport/failure.ts'
import {
  type CallProgress,
  mayRetry,
  nextAttempt,
  pauseBeforeRetry,
} from '../../src/transport/retry.ts'
import { TokenStore } from '../../src/transport/token.ts'

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

describe('nextAttempt', () => {
  const user = { username: 'user', password: 'secret' }

  function callOf(method: Method, token?: string): CallProgress {
    return {
      method,
      options: undefined,
      attempts: 1,
      token,
      tokenRefusals: 0,
      possiblyApplied: false,
      lastFailure: undefined,
    }
  }

  function failureOf(code: EtcdErrorCode, outcome?: EtcdError['outcome']): Failure {
    const transient = code === 'unavailable'
    return {
      error: new EtcdError('for the test', { code, outcome }),
      unprocessed: false,
      transient,
    }
  }

  async function tokensOf(auth?: ConstructorParameters<typeof TokenStore>[0]): Promise<TokenStore> {
    const tokens = new TokenStore(auth, async () => 'the token')
    await tokens.acquire()
    return tokens
  }

  it('has any call sent again at once with another token, three times in a row', async () => {
    for (const code of ['invalid-auth-token', 'auth-old-revision', 'user-empty'] as const) {
      const tokens = await tokensOf(user)
      const call = callOf(KV.put, tokens.current)
      for (let refusals = 0; refusals < 3; refusals++) {
        assert.equal(nextAttempt(call, failureOf(code), { tokens, endpoints: 1 }), 0)
        assert.equal(tokens.ready, false)
        await tokens.acquire()
      }
      assert.equal(nextAttempt(call, failureOf(code), { tokens, endpoints: 1 }), undefined)
    }
  })

  it('has what a learner refuses sent again where there is another member to send it to', async () => {
    const learner: Failure = {
      error: new EtcdError('for the test', { code: 'not-supported-for-learner' }),
      unprocessed: true,
      transient: true,
      elsewhereOnly: true,
    }
    const tokens = await tokensOf()
    for (const [endpoints, options, expected] of [
      [2, undefined, 0],
      [1, undefined, undefined],
      [2, { endpoint: 'http://a:2379' }, undefined],
    ] as const) {
      const call = { ...callOf(KV.put), options }
      assert.equal(nextAttempt(call, learner, { tokens, endpoints }), expected)
    }
  })

  it('leaves streams to their owners, who find another token, and authentication alone', async () => {
    const failure = failureOf('invalid-auth-token')
    for (const [method, ready] of [
      [Watch.watch, false],
      [Auth.authenticate, true],
    ] as const) {
      const tokens = await tokensOf(user)
      const call = callOf(method, tokens.current)
      assert.equal(nextAttempt(call, failure, { tokens, endpoints: 1 }), undefined)
      assert.equal(tokens.ready, ready)
    }
  })

  it('never renews a token from elsewhere, nor none; but a certificate is looked at again', async () => {
    for (const [auth, code, expected] of [
      [{ token: 'fixed' }, 'invalid-auth-token', undefined],
      [{ token: 'fixed' }, 'auth-old-revision', undefined],
      [undefined, 'user-empty', undefined],
      [undefined, 'auth-old-revision', 0],
    ] as const) {
      const tokens = await tokensOf(auth)
      const call = callOf(KV.put, tokens.current)
      assert.equal(nextAttempt(call, failureOf(code), { tokens, endpoints: 1 }), expected)
    }
  })

  it('remembers what may have been applied, and why it was sent again', async () => {
    const tokens = await tokensOf()
    const call: CallProgress = { ...callOf(KV.put), options: { repeatable: true } }
    const failure = failureOf('unavailable', 'unknown')
    assert.equal(nextAttempt(call, failure, { tokens, endpoints: 2 }), 0)
    assert.deepEqual([call.possiblyApplied, call.lastFailure], [true, failure])
    const final = failureOf('permission-denied', 'not-applied')
    assert.equal(nextAttempt(call, final, { tokens, endpoints: 2 }), undefined)
  })
})
