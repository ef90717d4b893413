// The members of a cluster of one, by etcd.cluster. Section 12 of reference/server-v3.md.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { etcdErrorOf } from './support/rejections.ts'

// Nobody listens there: what is added is never started.
const [nowhere, elsewhere] = [['http://127.0.0.1:1'], ['http://127.0.0.1:2']]

forEachServer('cluster', (server) => {
  failOnLeaks()

  it('cluster.list tells the members, of the cluster or as one knows them', async () => {
    await using etcd = server.connect()
    const listed = await etcd.cluster.list()
    const [member, ...others] = listed.members
    assert.ok(member)
    assert.deepEqual(others, [])
    assert.match(member.id, /^\d{1,20}$/)
    assert.match(listed.clusterId, /^[1-9]\d{0,19}$/)
    assert.notEqual(member.name, '')
    assert.equal(member.isLearner, false)
    assert.ok(member.peerUrls.length > 0 && member.clientUrls.length > 0)
    assert.deepEqual(await etcd.cluster.list({ serializable: true }), listed)
    const { memberId, clusterId } = await etcd.maintenance.status()
    assert.deepEqual([memberId, clusterId], [member.id, listed.clusterId])
    // A result is plain data.
    assert.deepEqual(JSON.parse(JSON.stringify(listed)), listed)
  })

  it('cluster adds, tells, updates and removes a learner', async () => {
    await using etcd = server.connect()
    const { cluster } = etcd
    const { members: before } = await cluster.list()
    const added = await cluster.addLearner(nowhere)
    const { member } = added
    assert.deepEqual(
      [member.name, member.peerUrls, member.clientUrls, member.isLearner],
      ['', nowhere, [], true],
    )
    assert.equal(added.members.length, before.length + 1)
    assert.ok(added.members.some(({ id }) => id === member.id))
    await etcdErrorOf(cluster.addLearner(before[0]?.peerUrls ?? []), 'peer-url-exists')
    await etcdErrorOf(cluster.addLearner(elsewhere), 'too-many-learners')
    const error = await etcdErrorOf(cluster.promote(member), 'learner-not-ready')
    assert.ok(error.message.startsWith(`Cannot promote member ${member.id}: `))
    const { members: updated } = await cluster.update(member, elsewhere)
    assert.deepEqual(updated.find(({ id }) => id === member.id)?.peerUrls, elsewhere)
    const { members: after } = await cluster.remove(member.id)
    assert.deepEqual(after, before)
    await etcdErrorOf(cluster.remove(member), 'member-not-found')
  })

  it('cluster rejects what cannot be', async () => {
    await using etcd = server.connect()
    const { cluster } = etcd
    const [voter] = (await cluster.list()).members
    assert.ok(voter)
    await etcdErrorOf(cluster.promote(voter), 'member-not-learner')
    await etcdErrorOf(cluster.promote('7'), 'member-not-found')
    await etcdErrorOf(cluster.update('7', nowhere), 'member-not-found')
    const error = await etcdErrorOf(cluster.remove('7'), 'member-not-found')
    assert.equal(error.message, 'Cannot remove member 7: member not found')
    assert.equal(error.outcome, 'not-applied')
    await etcdErrorOf(cluster.remove(voter), 'not-enough-started-members')
    assert.deepEqual((await cluster.list()).members, [voter])
  })
})
