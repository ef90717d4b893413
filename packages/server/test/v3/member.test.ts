// Ids and limits by etcd's formulas.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createMember } from '../../src/v3/member.ts'
import { isTooLarge } from '../../src/v3/request-limit.ts'

it('createMember gives the ids that etcd gives by default', () => {
  const member = createMember({
    name: 'default',
    clusterToken: 'etcd-cluster',
    peerUrls: ['http://localhost:2380'],
    clientUrls: [],
  })
  assert.equal(BigInt(member.memberId).toString(16), '8e9e05c52164694d')
  assert.equal(BigInt(member.clusterId).toString(16), 'cdf818194e3a8c32')
})

it('isTooLarge counts what raft puts around a request', () => {
  const context = (requestBytes: number) => ({
    requestBytes,
    signal: new AbortController().signal,
    metadata: () => undefined,
  })
  assert.equal(isTooLarge(context(100), 116), false)
  assert.equal(isTooLarge(context(100), 115), true)
  assert.equal(isTooLarge(context(128), 145), false)
  assert.equal(isTooLarge(context(128), 144), true)
})
