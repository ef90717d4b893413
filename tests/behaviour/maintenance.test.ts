// The upkeep of a member by etcd.maintenance. Sections 10 and 11 of reference/server-v3.md.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { everything, prefix } from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { differencesOf } from './support/differences.ts'
import { etcdErrorOf } from './support/rejections.ts'

forEachServer('maintenance', (server) => {
  failOnLeaks()

  it('maintenance.status tells how a member is', async () => {
    await using etcd = server.connect()
    const { revision } = await etcd.put(`${uniquePrefix()}a`, '1')
    const status = await etcd.maintenance.status()
    assert.equal(status.version, server.version)
    assert.equal(status.revision, revision)
    assert.deepEqual([status.leader, status.isLeader], [status.memberId, true])
    assert.equal(status.isLearner, false)
    assert.ok(status.raftTerm >= 1 && status.raftIndex >= status.raftAppliedIndex)
    assert.ok(status.raftAppliedIndex > 0)
    assert.ok(status.dbSizeBytes >= status.dbSizeInUseBytes && status.dbSizeInUseBytes > 0)
    assert.deepEqual(status.errors, [])
    assert.equal(status.downgradeTarget, undefined)
    assert.deepEqual(
      [status.storageVersion !== undefined, status.dbSizeQuotaBytes !== undefined],
      Array.from({ length: 2 }, () => differencesOf(server).tellsStorage),
    )
  })

  it('maintenance.requireVersion is for members that are new enough, and rejects with old-cluster', async () => {
    await using etcd = server.connect()
    const [, minor] = server.version.split('.').map(Number)
    await etcd.maintenance.requireVersion(`3.${minor}`)
    await etcd.maintenance.requireVersion('3.0.99')
    const error = await etcdErrorOf(etcd.maintenance.requireVersion('3.100'), 'old-cluster')
    assert.match(error.message, /^Cannot find every member to run "3.100" or later: member /)
    assert.ok(error.message.endsWith(` runs ${server.version}`))
    await etcdErrorOf(etcd.maintenance.requireVersion('4.0'), 'old-cluster')
  })

  it('maintenance.hashKv tells where histories are the same, at any revision that is there', async () => {
    await using etcd = server.connect()
    const key = `${uniquePrefix()}a`
    const { revision } = await etcd.put(key, '1')
    const now = await etcd.maintenance.hashKv()
    assert.equal(now.revision, revision)
    assert.equal((await etcd.maintenance.hashKv({ revision })).hash, now.hash)
    await etcd.put(key, '2')
    assert.notEqual((await etcd.maintenance.hashKv()).hash, now.hash)
    assert.equal((await etcd.maintenance.hashKv({ revision })).hash, now.hash)
    await etcdErrorOf(etcd.maintenance.hashKv({ revision: revision + 100 }), 'future-revision')
    await etcd.compact(revision + 1, { physical: true })
    const after = await etcd.maintenance.hashKv()
    assert.equal(after.compactRevision, revision + 1)
    const error = await etcdErrorOf(etcd.maintenance.hashKv({ revision }), 'compacted')
    assert.match(error.message, /^Cannot hash the keys of a member: /)
  })

  it('maintenance.hash hashes, and maintenance.defragment gives space back', async () => {
    await using etcd = server.connect({ timeoutMs: 60_000 })
    const base = uniquePrefix()
    const value = 'x'.repeat(100_000)
    await Promise.all(Array.from({ length: 20 }, (_, n) => etcd.put(`${base}${n}`, value)))
    const { revision } = await etcd.delete(prefix(base))
    await etcd.compact(revision, { physical: true })
    const before = await etcd.maintenance.status()
    assert.equal(await etcd.maintenance.defragment(), undefined)
    const after = await etcd.maintenance.status()
    assert.ok(after.dbSizeBytes < before.dbSizeBytes)
    const { hash } = await etcd.maintenance.hash()
    assert.ok(Number.isInteger(hash) && hash >= 0)
    await etcd.count(everything)
  })

  it('maintenance.snapshot streams a database whole, and tells how far it is', async () => {
    await using etcd = server.connect()
    await etcd.put(`${uniquePrefix()}a`, 'x'.repeat(100_000))
    const snapshot = etcd.maintenance.snapshot()
    let bytes = 0
    for await (const piece of snapshot) bytes += piece.length
    assert.deepEqual([snapshot.receivedBytes, snapshot.remainingBytes], [bytes, 0])
    assert.ok(bytes > 100_000)
    assert.equal(bytes % 512, 32)
    assert.equal(snapshot.version !== undefined, differencesOf(server).tellsStorage)
  })

  it('maintenance.alarms are raised, told, and cleared one by one or all', async () => {
    await using etcd = server.connect()
    const { alarms } = etcd.maintenance
    assert.deepEqual(await alarms.list(), [])
    const [member] = (await etcd.cluster.list()).members
    assert.ok(member)
    const space = { kind: 'no-space', member: member.id } as const
    await alarms.activate({ kind: 'no-space', member })
    await alarms.activate(space)
    assert.deepEqual(await alarms.list(), [space])
    const { errors } = await etcd.maintenance.status()
    assert.match(errors.join(), /NOSPACE/)
    await etcdErrorOf(etcd.put(`${uniquePrefix()}a`, '1'), 'no-space')
    assert.equal(await alarms.disarm(space), true)
    assert.equal(await alarms.disarm(space), false)
    await etcd.put(`${uniquePrefix()}a`, '1')
    // Of members that are not there, too.
    await alarms.activate({ kind: 'corrupt', member: '18446744073709551615' })
    await alarms.activate(space)
    const all = await alarms.list()
    assert.equal(all.length, 2)
    assert.deepEqual(sorted(await alarms.disarmAll()), sorted(all))
    assert.deepEqual([await alarms.list(), await alarms.disarmAll()], [[], []])
  })

  it('maintenance.moveLeader to the leader itself is done at once, to nobody is refused', async () => {
    await using etcd = server.connect()
    const [member] = (await etcd.cluster.list()).members
    assert.ok(member)
    await etcd.maintenance.moveLeader(member)
    const error = await etcdErrorOf(etcd.maintenance.moveLeader('7'), 'bad-leader-transferee')
    assert.equal(error.message, 'Cannot make member 7 the leader: bad leader transferee')
  })

  it('maintenance.downgrade validates, and cancels only what is under way', async () => {
    await using etcd = server.connect()
    const { downgrade } = etcd.maintenance
    const { downgrades } = differencesOf(server)
    if (downgrades === undefined) {
      await etcdErrorOf(downgrade.validate('3.3.0'), 'unimplemented')
      return
    }
    const { clusterVersion } = await downgrade.validate(downgrades)
    assert.match(clusterVersion, /^3\.\d+\.0$/)
    await etcdErrorOf(downgrade.validate('3.1.0'), 'invalid-downgrade-target-version')
    await etcdErrorOf(downgrade.validate('soon'), 'wrong-downgrade-version-format')
    const error = await etcdErrorOf(downgrade.cancel(), 'no-downgrade-in-progress')
    assert.match(error.message, /^Cannot cancel the downgrade: /)
  })
})

function sorted<T>(values: readonly T[]): string[] {
  return values.map((value) => JSON.stringify(value)).sort()
}
