// What a store can be told.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../src/store/manual-clock.ts'
import { resolveSettings } from '../../src/store/options.ts'
import { Store } from '../../src/store/store.ts'

const clock = new ManualClock()

test('Store has the defaults of etcd', () => {
  const { clock: _, random, ...settings } = resolveSettings({ clock })
  assert.equal(random, Math.random)
  assert.deepEqual(settings, {
    identity: { clusterId: '1', memberId: '1', raftTerm: 2 },
    maxTxnOps: 128,
    minLeaseTtlSeconds: 2,
    leaseCheckMs: 500,
    leaseRevokesPerCheck: 500,
    quotaBytes: 2_147_483_648,
    maxRequestBytes: 1_572_864,
    watchProgressMs: 600_000,
    authTokenTtlSeconds: 300,
    watchBatchRevisions: 1000,
    watchCatchUpMs: 0,
    watchPendingResponses: 128,
  })
})

for (const name of [
  'leaseCheckMs',
  'leaseRevokesPerCheck',
  'watchProgressMs',
  'watchBatchRevisions',
  'authTokenTtlSeconds',
]) {
  test(`Store refuses ${name} of 0`, () => {
    assert.throws(() => new Store({ clock, [name]: 0 }), RangeError)
    assert.throws(() => new Store({ clock, [name]: Number.NaN }), RangeError)
  })
}
