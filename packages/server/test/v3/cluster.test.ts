// Members of a cluster of one, and of its versions: reference/server-v3.md, sections 11 and 12.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Cluster, KV, Maintenance, type Member, type Transport } from '@etcdkit/protocol'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { forEachWire, put } from './wires.ts'

async function list(transport: Transport): Promise<readonly Member[]> {
  const { header, members } = await transport.unary(Cluster.memberList, { linearizable: true })
  assert.equal(header?.revision, 0)
  return members
}

forEachWire((wire) => {
  failOnLeaks()

  it('a learner is listed, is the only one, has URLs of its own, and goes again', async () => {
    await using world = await wire.start({ name: 'me' })
    const { transport } = world
    const [self] = await list(transport)
    assert.equal(self?.name, 'me')
    const urls = ['http://b:1', 'http://a:1']
    const added = await transport.unary(Cluster.memberAdd, { peerURLs: urls, isLearner: true })
    const { member } = added
    assert.deepEqual(
      { ...member, ID: '' },
      {
        ID: '',
        name: '',
        peerURLs: ['http://a:1', 'http://b:1'],
        clientURLs: [],
        isLearner: true,
      },
    )
    assert.deepEqual(added.members, await list(transport))
    assert.equal(added.members.length, 2)
    const other = transport.unary(Cluster.memberAdd, { peerURLs: ['http://c:1'], isLearner: true })
    await assert.rejects(other, { code: 'too-many-learners' })
    const ID = member?.ID ?? ''
    const taken = transport.unary(Cluster.memberUpdate, { ID, peerURLs: self?.peerURLs ?? [] })
    await assert.rejects(taken, { code: 'peer-url-exists' })
    const { members } = await transport.unary(Cluster.memberUpdate, {
      ID,
      peerURLs: ['http://z:1'],
    })
    assert.deepEqual(
      members.find((each) => each.ID === ID),
      { ...member, peerURLs: ['http://z:1'] },
    )
    await assert.rejects(transport.unary(Cluster.memberPromote, { ID }), {
      code: 'learner-not-ready',
    })
    await transport.unary(Cluster.memberRemove, { ID })
    await assert.rejects(transport.unary(Cluster.memberRemove, { ID }), {
      code: 'member-not-found',
    })
    assert.deepEqual(await list(transport), [self])
  })

  it('a second voting member is listed as one that never started, and all goes on', async () => {
    await using world = await wire.start()
    const { transport } = world
    const [self] = await list(transport)
    const add = (url: string) => transport.unary(Cluster.memberAdd, { peerURLs: [url] })
    const { member } = await add('http://a:1')
    await put(transport, 'a')
    assert.equal((await transport.unary(KV.range, { key: Uint8Array.of(97) })).count, 1)
    await assert.rejects(add('http://b:1'), { code: 'not-enough-started-members' })
    const ID = member?.ID ?? ''
    await assert.rejects(transport.unary(Cluster.memberPromote, { ID }), {
      code: 'learner-not-ready',
    })
    await assert.rejects(transport.unary(Maintenance.moveLeader, { targetID: ID }), {
      code: 'timeout',
    })
    await transport.unary(Cluster.memberRemove, { ID })
    assert.deepEqual(await list(transport), [self])
  })

  it('the member itself stays, and may have other peer URLs', async () => {
    await using world = await wire.start()
    const { transport } = world
    const [self] = await list(transport)
    const ID = self?.ID ?? ''
    await assert.rejects(transport.unary(Cluster.memberRemove, { ID }), {
      code: 'not-enough-started-members',
    })
    await assert.rejects(transport.unary(Cluster.memberPromote, { ID }), {
      code: 'member-not-learner',
    })
    const add = { peerURLs: self?.peerURLs ?? [], isLearner: true }
    await assert.rejects(transport.unary(Cluster.memberAdd, add), { code: 'peer-url-exists' })
    const { members } = await transport.unary(Cluster.memberUpdate, {
      ID,
      peerURLs: ['http://a:1'],
    })
    assert.deepEqual(members, [{ ...self, peerURLs: ['http://a:1'] }])
    await transport.unary(Maintenance.moveLeader, { targetID: ID })
  })

  it('URLs that are none are refused, of a member that is there as of one that comes', async () => {
    await using world = await wire.start()
    const { transport } = world
    const [self] = await list(transport)
    for (const url of ['', 'a', 'a:1', 'http://a', 'http://a:b', 'http://a:1/p', 'ftp://a:1']) {
      const peerURLs = ['http://ok:1', url]
      const calls = [
        transport.unary(Cluster.memberAdd, { peerURLs }),
        transport.unary(Cluster.memberUpdate, { ID: self?.ID ?? '', peerURLs }),
      ]
      for (const call of calls) await assert.rejects(call, { code: 'bad-member-urls' }, url)
    }
    await assert.rejects(transport.unary(Cluster.memberAdd, {}), { code: 'bad-member-urls' })
    const fine = ['unix:///run/a', 'http://[::1]:2', 'https://:1', ' http://u@a:3 ']
    await transport.unary(Cluster.memberAdd, { peerURLs: fine, isLearner: true })
  })

  it('a downgrade by one minor version may be planned and called off, one at a time', async () => {
    await using world = await wire.start()
    const { transport } = world
    const [VALIDATE, ENABLE, CANCEL] = [0, 1, 2]
    const downgrade = async (action: number, version = '') =>
      (await transport.unary(Maintenance.downgrade, { action, version })).version
    const info = async () => (await transport.unary(Maintenance.status, {})).downgradeInfo
    await assert.rejects(downgrade(CANCEL), { code: 'no-downgrade-in-progress' })
    await assert.rejects(downgrade(VALIDATE, 'x'), { code: 'wrong-downgrade-version-format' })
    await assert.rejects(downgrade(VALIDATE, '3.4.0'), { code: 'invalid-downgrade-target-version' })
    assert.equal(await downgrade(VALIDATE, '3.5'), '3.6.0')
    assert.deepEqual(await info(), { enabled: false, targetVersion: '' })
    await downgrade(ENABLE, '3.5.7')
    assert.deepEqual(await info(), { enabled: true, targetVersion: '3.5.0' })
    await assert.rejects(downgrade(ENABLE, '3.5'), { code: 'downgrade-in-progress' })
    await downgrade(CANCEL)
    assert.deepEqual(await info(), { enabled: false, targetVersion: '' })
  })
})
