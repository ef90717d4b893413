// What only etcd 0.4 does: redirects to the leader, and the admin API.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { EtcdV2 } from 'etcdkit/v2'
import { failOnLeaks } from '../support/leaks.ts'
import { startOldEtcd } from '../support/old-etcd.ts'

failOnLeaks()

it('S1.23: a redirect is followed with method and body, and the leader asked first from then on', async () => {
  await using cluster = await startOldEtcd()
  const follower = cluster.members[1]?.clientUrl ?? ''
  await using etcd = new EtcdV2({ endpoints: follower, timeoutMs: 60_000 })
  await etcd.set('a', 'one')
  assert.equal(cluster.requests.at(-1)?.member, 'm1')
  const before = cluster.requests.length
  assert.equal((await etcd.compareAndSwap('a', 'two', { prevValue: 'one' })).node.value, 'two')
  assert.deepEqual(
    cluster.requests.slice(before).map(({ member, method }) => [member, method]),
    [['m1', 'PUT']],
  )
  cluster.lead('m3')
  await etcd.set('a', 'three')
  assert.equal(cluster.requests.at(-1)?.member, 'm3')
})

it('S1.8: a consistent read is the leader’s, where a follower lags', async () => {
  await using cluster = await startOldEtcd()
  const follower = cluster.members[1]?.clientUrl ?? ''
  await using etcd = new EtcdV2({ endpoints: follower, timeoutMs: 60_000 })
  cluster.lag()
  await etcd.set('a', 'new')
  assert.equal(await etcd.get('a'), undefined)
  assert.equal((await etcd.get('a', { consistent: true }))?.value, 'new')
})

it('S1.16, S1.18 to S1.21: version, config and machines', async () => {
  await using cluster = await startOldEtcd()
  await using etcd = new EtcdV2({
    endpoints: cluster.members.map(({ clientUrl }) => clientUrl),
    adminEndpoints: cluster.members.map(({ peerUrl }) => peerUrl).toReversed(),
    timeoutMs: 60_000,
  })
  assert.match((await etcd.version()).etcdserver, /^0\.4/)
  assert.equal((await etcd.admin.config()).activeSize, 9)
  assert.deepEqual(await etcd.admin.setConfig({ activeSize: 1, syncInterval: 7 }), {
    activeSize: 3,
    removeDelay: 1800,
    syncInterval: 7,
  })
  await assert.rejects(etcd.admin.setConfig({ activeSize: -1 }), RangeError)
  assert.deepEqual(
    (await etcd.admin.machines()).map(({ name, state }) => [name, state]),
    [
      ['m1', 'leader'],
      ['m2', 'follower'],
      ['m3', 'follower'],
    ],
  )
  assert.equal(await etcd.admin.machine('no'), undefined)
  assert.equal((await etcd.leader()).peerURLs[0], cluster.leader.peerUrl)
  await etcd.admin.removeMachine('m3')
  assert.equal((await etcd.admin.machines()).length, 2)
  assert.equal((await etcd.refreshHosts()).length, 2)
})
