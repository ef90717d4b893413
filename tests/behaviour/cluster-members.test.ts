// Clusters of three: members that come and go, lead, and are asked one by one, even outside the endpoints.

import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { type ClusterMember, Etcd, EtcdError, everything } from 'etcdkit'
import { type RunningEtcd, startEtcd } from '../support/etcd-server.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { patientMs } from '../support/patience.ts'
import { pollUntil } from '../support/poll.ts'
import { describeWith, etcdRequirement } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { etcdErrorOf, rejectionOf } from './support/rejections.ts'
import { steadyLeader } from './support/steady-leader.ts'

const deadlineMs = 30_000

describeWith(etcdRequirement('3.5'), 'cluster of three', () => {
  let server: RunningEtcd
  before(async () => {
    // A member is not removed before all have been connected for five seconds, unless this is off.
    const flags = ['--strict-reconfig-check=false']
    server = await startEtcd({ version: '3.5', members: 3, ...steadyLeader, flags })
  })
  after(() => server[Symbol.asyncDispose]())
  failOnLeaks()

  /** The members as the cluster lists them, by their client URLs. */
  async function listed(etcd: Etcd): Promise<Map<string | undefined, ClusterMember>> {
    const { members } = await etcd.cluster.list()
    return new Map(members.map((member) => [member.clientUrls[0], member]))
  }

  it('maintenance asks the member that endpoint names, even one outside the endpoints', async () => {
    const [first, ...others] = server.endpoints
    assert.ok(first)
    await using etcd = new Etcd({ endpoints: first, timeoutMs: patientMs })
    const members = await listed(etcd)
    const leaders: string[] = []
    for (const endpoint of [first, ...others]) {
      const { memberId, isLeader, leader, version } = await etcd.maintenance.status({ endpoint })
      assert.equal(memberId, members.get(endpoint)?.id)
      assert.equal(version, server.version)
      assert.equal(isLeader, leader === memberId)
      if (isLeader) leaders.push(memberId)
    }
    assert.equal(leaders.length, 1)
    for (const endpoint of others) await etcd.maintenance.defragment({ endpoint })
    // Without one, a client of one endpoint asks that one.
    assert.equal((await etcd.maintenance.status()).memberId, members.get(first)?.id)
  })

  it('maintenance.hashKv is the same on all members at one revision', async () => {
    await using etcd = new Etcd({ endpoints: server.endpoints, timeoutMs: patientMs })
    const { revision } = await etcd.put('a', '1')
    await etcd.put('a', '2')
    const hashes = new Set<number>()
    for (const endpoint of server.endpoints) {
      // A member that has not applied it yet knows no such revision.
      await etcd.get('a', { endpoint })
      hashes.add((await etcd.maintenance.hashKv({ endpoint, revision })).hash)
    }
    assert.equal(hashes.size, 1)
  })

  it('maintenance.moveLeader moves it from whichever member leads, and asks only the one that endpoint names', async () => {
    const leader = await server.leader()
    const [follower] = server.members.filter((member) => member !== leader)
    assert.ok(follower)
    // A client that only knows a follower.
    await using etcd = new Etcd({ endpoints: follower.endpoint, timeoutMs: patientMs })
    const members = await listed(etcd)
    const target = members.get(follower.endpoint)
    assert.ok(target)
    const { endpoint } = follower
    await etcdErrorOf(etcd.maintenance.moveLeader(target, { endpoint }), 'not-leader')
    await etcdErrorOf(etcd.maintenance.moveLeader('7'), 'bad-leader-transferee')
    await etcd.maintenance.moveLeader(target)
    assert.equal((await etcd.maintenance.status({ endpoint })).leader, target.id)
    assert.equal(await server.leader(), follower)
  })

  /** Calls of a client that knows a learner as well: those that it is asked in vain go to others. */
  async function callBeside(learner: string): Promise<void> {
    await using etcd = new Etcd({ endpoints: server.endpoints, timeoutMs: 20_000 })
    const keys = etcd.keyspace(uniquePrefix())
    const refused = async (): Promise<boolean> => {
      const error = await rejectionOf(keys.put('a', '', { endpoint: learner }))
      assert.ok(error instanceof EtcdError)
      return error.code === 'not-supported-for-learner' && error.outcome === 'not-applied'
    }
    await pollUntil(refused, { what: 'the learner to know that it is one', deadlineMs })
    const calls = Array.from({ length: 12 }, async (_, n) => {
      await using fresh = new Etcd({ endpoints: server.endpoints, timeoutMs: 20_000 })
      const { revision } = await fresh.keyspace(keys.prefix).put(`${n}`, '1')
      assert.equal((await keys.get(`${n}`))?.modRevision, revision)
      await using _lease = await fresh.lease({ ttlSeconds: 60 })
      await fresh.watch('a').ready
    })
    await Promise.all(calls)
    assert.equal(await keys.count(everything), 12)
  }

  it('cluster.remove, addLearner and promote replace a member while the others serve', async () => {
    const leader = await server.leader()
    const replaced = server.members.find((member) => member !== leader)
    assert.ok(replaced)
    const others = server.members.filter((member) => member !== replaced)
    const endpoints = others.map(({ endpoint }) => endpoint)
    await using etcd = new Etcd({ endpoints, timeoutMs: patientMs })
    const old = (await listed(etcd)).get(replaced.endpoint)
    assert.ok(old)
    const { members } = await etcd.cluster.remove(old)
    assert.equal(members.length, 2)
    const { member } = await etcd.cluster.addLearner([replaced.peerUrl])
    assert.notEqual(member.id, old.id)
    await replaced.rejoin('listening')
    await callBeside(replaced.endpoint)
    const promoted = async (): Promise<boolean> => {
      try {
        await etcd.cluster.promote(member)
        return true
      } catch (error) {
        if (error instanceof EtcdError && error.code === 'learner-not-ready') return false
        throw error
      }
    }
    await pollUntil(promoted, { what: 'the learner to catch up', deadlineMs, intervalMs: 100 })
    const joined = (await etcd.cluster.list()).members.find(({ id }) => id === member.id)
    assert.deepEqual([joined?.isLearner, joined?.name], [false, replaced.name])
    const { isLearner } = await etcd.maintenance.status({ endpoint: replaced.endpoint })
    assert.equal(isLearner, false)
  })
})
